#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/plan/operator_spec.h"
#include "runtime/types/logical_type.h"

namespace millrace::sql {

// What a window is; the name `WindowSpec` belongs to OVER's in the tree of the
// text.
using WindowShape = millrace::WindowSpec;

// Whether a column is a time that the job can wait for.
enum class TimeAttribute : uint8_t { kNone, kRowtime, kProctime };

// A column that says which window a row is of. Two columns speak of the same
// window when they share `window`.
struct WindowLineage {
  std::shared_ptr<const WindowShape> window;
  WindowProperty property = WindowProperty::kStart;
};

// A column of a bound relation: what may be known of it beyond its type.
struct Column {
  std::string name;
  LogicalType type;
  TimeAttribute time = TimeAttribute::kNone;
  std::optional<WindowLineage> lineage;
};

using Schema = std::vector<Column>;

std::vector<std::string> ColumnNames(const Schema& schema);
std::vector<RowField> RowFields(const Schema& schema);

// "BIGINT", or "TIMESTAMP(3) *ROWTIME*", as Flink writes time attributes.
std::string TypeText(const Column& column);

}  // namespace millrace::sql
