#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/connector/source.h"
#include "runtime/connector/table.h"
#include "runtime/expr/expression.h"

namespace millrace {

// What each kind of vertex is to do: plain values, written by the planner,
// carried by the JobPlan, read by the operator of the same name. Columns are
// 0-based indexes into the input's row.

// How a source's rows get their event time and its watermark.
struct WatermarkSpec {
  // Over the source's output columns: the watermark that a row stands for, as
  // TIMESTAMP(3) or TIMESTAMP_LTZ(3); NULL = none. The split's watermark is
  // the maximum so far.
  Expr watermark;
  // Which output column is the event time.
  int32_t event_time_column = 0;
  // 0 = off: a split without rows holds the watermark for ever, as in Flink.
  int64_t idle_timeout_ms = 0;
  // pipeline.auto-watermark-interval; 0 = a watermark after each row.
  int64_t emit_interval_ms = 200;

  friend bool operator==(const WatermarkSpec&, const WatermarkSpec&) = default;
};

// Reads a table; then, in this order: computes `columns` from what was decoded,
// takes the watermark from them, drops rows that `filter` refuses.
struct SourceSpec {
  TableDescriptor table;
  SourceRequest request;
  // Over the decoded columns (request.columns); the output row.
  std::vector<Expr> columns;
  std::optional<WatermarkSpec> watermark;
  std::optional<Expr> filter;  // Over the output row.
  // The table for records that are set aside ('error-handling.log.target');
  // none: files.
  std::optional<TableDescriptor> rejected_into;

  friend bool operator==(const SourceSpec&, const SourceSpec&) = default;
};

// Literal rows; ends after the last.
struct ValuesSpec {
  std::vector<std::vector<Value>> rows;

  friend bool operator==(const ValuesSpec&, const ValuesSpec&) = default;
};

// Filters, then projects. Without a filter and with the input's own columns it
// only merges its input channels: UNION ALL.
struct CalcSpec {
  std::optional<Expr> filter;
  std::vector<Expr> projection;

  friend bool operator==(const CalcSpec&, const CalcSpec&) = default;
};

// One aggregate call over input columns.
struct AggregateCall {
  std::string function;  // "COUNT", "SUM", "AVG", "MIN", "MAX".
  std::vector<int32_t> args;  // Empty: COUNT(*).
  std::vector<LogicalType> arg_types;
  bool distinct = false;
  std::optional<int32_t> filter;  // A BOOLEAN column; only TRUE rows count.
  LogicalType result;

  friend bool operator==(const AggregateCall&, const AggregateCall&) = default;
};

// Where an aggregate stands when it is cut in two around an exchange.
enum class AggregatePhase : uint8_t {
  kSingle = 0,
  kLocal = 1,   // input rows -> keys and partial accumulators
  kGlobal = 2,  // keys and partial accumulators -> results
};

// An event-time or processing-time window over one time column.
struct WindowSpec {
  enum class Kind : uint8_t { kTumble = 0, kHop = 1, kCumulate = 2 };
  Kind kind = Kind::kTumble;
  int64_t size_ms = 0;
  // HOP's slide, CUMULATE's step; equal to size_ms for TUMBLE.
  int64_t step_ms = 0;
  int64_t offset_ms = 0;
  bool event_time = true;
  // The time column's type is TIMESTAMP_LTZ: windows align to local time.
  bool local_time = false;
  std::string time_zone = "UTC";
  // The time attribute; nullopt for processing time, or when the rows carry
  // their windows already (`start_column`, `end_column`): cascaded windows.
  std::optional<int32_t> time_column;
  std::optional<int32_t> start_column;
  std::optional<int32_t> end_column;

  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

// Which of a window's columns an operator appends, in this order.
enum class WindowProperty : uint8_t { kStart = 0, kEnd = 1, kTime = 2 };

// Window TVF without an aggregate behind it: each row once per window, with
// the properties appended.
struct WindowAssignSpec {
  WindowSpec window;
  std::vector<WindowProperty> properties;

  friend bool operator==(const WindowAssignSpec&,
                         const WindowAssignSpec&) = default;
};

// GROUP BY window_start, window_end, keys: one row a window and key when the
// watermark passes the window's end. Output: keys, results, properties.
struct WindowAggregateSpec {
  WindowSpec window;
  std::vector<int32_t> keys;
  std::vector<AggregateCall> calls;
  std::vector<WindowProperty> properties;
  AggregatePhase phase = AggregatePhase::kSingle;

  friend bool operator==(const WindowAggregateSpec&,
                         const WindowAggregateSpec&) = default;
};

// GROUP BY keys for ever: a changelog with one net change a key and batch.
// Output: keys, results. Without calls it is DISTINCT.
struct GroupAggregateSpec {
  std::vector<int32_t> keys;
  std::vector<AggregateCall> calls;
  bool input_retracts = false;         // -U and -D rows may come.
  bool emit_update_before = true;      // Somebody downstream needs -U.
  int64_t state_ttl_ms = 0;            // 0 = kept for ever.
  AggregatePhase phase = AggregatePhase::kSingle;

  friend bool operator==(const GroupAggregateSpec&,
                         const GroupAggregateSpec&) = default;
};

// table.exec.sink.type-length-enforcer: of text and bytes whose length is not
// their column's.
enum class LengthEnforcer : uint8_t { kIgnore = 0, kTrimPad = 1, kError = 2 };

// table.exec.sink.nested-constraint-enforcer: where beside the columns
// themselves NOT NULL and lengths hold.
enum class NestedEnforcer : uint8_t {
  kIgnore = 0,
  kRows = 1,
  kRowsAndCollections = 2,  // Not with LengthEnforcer::kTrimPad.
};

// Writes a table.
struct SinkSpec {
  TableDescriptor table;
  ChangelogMode input_mode = ChangelogMode::kAppend;
  // Columns by which the input's updates are told apart; empty = whole row.
  std::vector<int32_t> upsert_key;
  // The writer takes no -U: such rows reach it as -D. Set where input_mode is
  // kRetract and the sink is one by key.
  bool update_before_deletes = false;
  // table.exec.sink.not-null-enforcer: drop such rows, or fail (the default).
  bool drop_null_violations = false;
  LengthEnforcer length_enforcer = LengthEnforcer::kIgnore;
  NestedEnforcer nested_enforcer = NestedEnforcer::kIgnore;
  // The table for records that the writer refuses
  // ('error-handling.log.target'); none: files.
  std::optional<TableDescriptor> rejected_into;

  friend bool operator==(const SinkSpec&, const SinkSpec&) = default;
};

using OperatorSpec =
    std::variant<SourceSpec, ValuesSpec, CalcSpec, WindowAssignSpec,
                 WindowAggregateSpec, GroupAggregateSpec, SinkSpec>;

}  // namespace millrace
