#include "runtime/plan/spec_validator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/upsert_calls.h"

namespace millrace {
namespace {

using Row = std::vector<LogicalType>;

Row TypesOf(const std::vector<RowField>& fields) {
  Row row;
  for (const RowField& field : fields) row.push_back(field.type);
  return row;
}

// Checks one spec; each Check... stops at the first fault.
class Checker {
 public:
  explicit Checker(const SpecToValidate& check)
      : vertex_(*check.vertex), where_(check.where + ".spec") {
    if (check.input != nullptr) input_ = TypesOf(*check.input);
    has_input_ = check.input != nullptr;
    output_ = TypesOf(vertex_.output);
  }

  absl::Status operator()(const SourceSpec& spec) {
    RETURN_IF_ERROR(RequireInput(false));
    if (spec.request.columns.empty()) {
      return Wrong(".request.columns", "a source that decodes nothing");
    }
    Row decoded;
    for (size_t i = 0; i < spec.request.columns.size(); ++i) {
      RETURN_IF_ERROR(CheckPath(spec, i));
      decoded.push_back(spec.request.columns[i].type);
    }
    for (const Expr& part : spec.request.filter) {
      RETURN_IF_ERROR(CheckCondition(part, decoded, ".request.filter"));
    }
    RETURN_IF_ERROR(CheckExprs(spec.columns, decoded, ".columns"));
    RETURN_IF_ERROR(CheckOutput(spec.columns));
    if (spec.filter) {
      RETURN_IF_ERROR(CheckCondition(*spec.filter, output_, ".filter"));
    }
    if (!spec.watermark) return absl::OkStatus();
    RETURN_IF_ERROR(
        CheckExpr(spec.watermark->watermark, output_, ".watermark"));
    return CheckTime(spec.watermark->event_time_column, output_,
                     ".watermark.event_time_column");
  }

  absl::Status operator()(const ValuesSpec& spec) {
    RETURN_IF_ERROR(RequireInput(false));
    for (const auto& row : spec.rows) {
      if (row.size() != output_.size()) {
        return Wrong(".rows", absl::StrCat("a row of ", row.size(),
                                           " values for ", output_.size(),
                                           " columns"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const CalcSpec& spec) {
    RETURN_IF_ERROR(RequireInput(true));
    if (spec.filter) {
      RETURN_IF_ERROR(CheckCondition(*spec.filter, input_, ".filter"));
    }
    RETURN_IF_ERROR(CheckExprs(spec.projection, input_, ".projection"));
    return CheckOutput(spec.projection);
  }

  absl::Status operator()(const WindowAssignSpec& spec) {
    RETURN_IF_ERROR(RequireInput(true));
    RETURN_IF_ERROR(CheckWindow(spec.window));
    return CheckWidth(input_.size() + spec.properties.size());
  }

  absl::Status operator()(const WindowAggregateSpec& spec) {
    RETURN_IF_ERROR(RequireInput(true));
    RETURN_IF_ERROR(CheckWindow(spec.window, spec.phase));
    RETURN_IF_ERROR(CheckKeys(spec.keys));
    RETURN_IF_ERROR(CheckCalls(spec.calls, spec.phase));
    if (spec.phase == AggregatePhase::kLocal) return absl::OkStatus();
    return CheckWidth(spec.keys.size() + spec.calls.size() +
                      spec.properties.size());
  }

  absl::Status operator()(const GroupAggregateSpec& spec) {
    RETURN_IF_ERROR(RequireInput(true));
    RETURN_IF_ERROR(CheckKeys(spec.keys));
    RETURN_IF_ERROR(CheckCalls(spec.calls, spec.phase));
    if (spec.keys.empty() && spec.calls.empty()) {
      return Wrong("", "an aggregate of nothing");
    }
    for (const AggregateCall& call : spec.calls) {
      if (TakesUpserts(spec.calls) != (call.function == kLastOfUpserts) ||
          (TakesUpserts(spec.calls) && spec.input_retracts)) {
        return Wrong(".calls", "LAST goes with nothing else");
      }
    }
    if (spec.phase == AggregatePhase::kLocal) return absl::OkStatus();
    return CheckWidth(spec.keys.size() + spec.calls.size());
  }

  absl::Status operator()(const SinkSpec& spec) {
    RETURN_IF_ERROR(RequireInput(true));
    if (!output_.empty()) return Wrong("", "a sink has no output");
    if (spec.table.columns.size() != input_.size()) {
      return Wrong(".table.columns",
                   absl::StrCat(spec.table.columns.size(), " columns for ",
                                input_.size(), " of the input"));
    }
    for (size_t i = 0; i < input_.size(); ++i) {
      if (!Fits(spec.table.columns[i].type, input_[i])) {
        return Wrong(absl::StrCat(".table.columns[", i, "]"),
                     absl::StrCat("it is ", input_[i].ToString(),
                                  " where the table has ",
                                  spec.table.columns[i].type.ToString()));
      }
    }
    return CheckPlaces(spec.upsert_key, input_, ".upsert_key");
  }

 private:
  absl::Status Wrong(absl::string_view field, std::string what) const {
    return UserError({.code = "JOB-0010",
                      .what = std::move(what),
                      .where = absl::StrCat(where_, field),
                      .why = {},
                      .fix = {}});
  }

  static bool Fits(const LogicalType& a, const LogicalType& b) {
    return a.EqualsIgnoringNull(b) || a.physical() == b.physical();
  }

  absl::Status RequireInput(bool wanted) const {
    if (wanted == has_input_) return absl::OkStatus();
    return Wrong("", wanted ? "no edge leads here" : "a source has an input");
  }

  absl::Status CheckPlaces(const std::vector<int32_t>& places, const Row& row,
                           absl::string_view field) const {
    for (int32_t place : places) {
      if (place < 0 || place >= static_cast<int32_t>(row.size())) {
        return Wrong(field, absl::StrCat("there is no column ", place));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckExpr(const Expr& expr, const Row& row,
                         absl::string_view field) const {
    absl::Status status;
    ForEachExpr(expr, [&](const Expr& node) {
      if (!status.ok()) return;
      if (node.kind == Expr::Kind::kColumn) {
        status = CheckPlaces({node.column}, row, field);
        if (status.ok() && !node.type.EqualsIgnoringNull(row[node.column])) {
          status = Wrong(field, absl::StrCat("column ", node.column, " is ",
                                             row[node.column].ToString(),
                                             ", not ", node.type.ToString()));
        }
      } else {
        status = CheckShape(node, field);
      }
    });
    return status;
  }

  // Enough arguments for its kind.
  absl::Status CheckShape(const Expr& node, absl::string_view field) const {
    const size_t count = node.args.size();
    bool good = true;
    switch (node.kind) {
      case Expr::Kind::kColumn: break;
      case Expr::Kind::kLiteral: good = count == 0; break;
      case Expr::Kind::kCall: good = !node.function.empty(); break;
      case Expr::Kind::kField:
        good = count == 1 && node.args[0].type.Is(TypeRoot::kRow) &&
               node.column >= 0 &&
               node.column <
                   static_cast<int32_t>(node.args[0].type.fields().size());
        break;
      case Expr::Kind::kAnd:
      case Expr::Kind::kOr: good = count >= 2; break;
      case Expr::Kind::kCase: good = count >= 3 && count % 2 == 1; break;
      case Expr::Kind::kCoalesce: good = count >= 1; break;
    }
    return good ? absl::OkStatus()
                : Wrong(field, "an expression with wrong arguments");
  }

  absl::Status CheckExprs(const std::vector<Expr>& exprs, const Row& row,
                          absl::string_view field) const {
    if (exprs.empty()) return Wrong(field, "no columns");
    for (size_t i = 0; i < exprs.size(); ++i) {
      RETURN_IF_ERROR(
          CheckExpr(exprs[i], row, absl::StrCat(field, "[", i, "]")));
    }
    return absl::OkStatus();
  }

  absl::Status CheckCondition(const Expr& expr, const Row& row,
                              absl::string_view field) const {
    if (!expr.type.Is(TypeRoot::kBoolean)) {
      return Wrong(field, absl::StrCat("a condition of type ",
                                       expr.type.ToString()));
    }
    return CheckExpr(expr, row, field);
  }

  absl::Status CheckPath(const SourceSpec& spec, size_t index) const {
    const auto& column = spec.request.columns[index];
    const std::string field =
        absl::StrCat(".request.columns[", index, "].path");
    if (column.path.empty()) return Wrong(field, "an empty path");
    const int first = column.path[0];
    if (first < 0 || first >= static_cast<int>(spec.table.columns.size())) {
      return Wrong(field, absl::StrCat("there is no column ", first));
    }
    LogicalType type = spec.table.columns[first].type;
    for (size_t step = 1; step < column.path.size(); ++step) {
      const int place = column.path[step];
      if (!type.Is(TypeRoot::kRow) || place < 0 ||
          place >= static_cast<int>(type.fields().size())) {
        return Wrong(field, absl::StrCat("there is no field ", place));
      }
      const LogicalType next = type.fields()[place].type;
      type = next;
    }
    if (!type.EqualsIgnoringNull(column.type)) {
      return Wrong(absl::StrCat(".request.columns[", index, "].type"),
                   absl::StrCat("it is ", type.ToString(), ", not ",
                                column.type.ToString()));
    }
    return absl::OkStatus();
  }

  absl::Status CheckTime(int32_t column, const Row& row,
                         absl::string_view field) const {
    RETURN_IF_ERROR(CheckPlaces({column}, row, field));
    if (row[column].IsTimestamp()) return absl::OkStatus();
    return Wrong(field, absl::StrCat("column ", column, " is ",
                                     row[column].ToString()));
  }

  // A global phase knows a row's slice by its end alone.
  absl::Status CheckWindow(
      const WindowSpec& window,
      AggregatePhase phase = AggregatePhase::kSingle) const {
    if (window.size_ms <= 0 || window.step_ms <= 0) {
      return Wrong(".window", "a window of no length");
    }
    if (window.kind == WindowSpec::Kind::kCumulate &&
        window.size_ms % window.step_ms != 0) {
      return Wrong(".window", "its size is no multiple of its step");
    }
    const bool global = phase == AggregatePhase::kGlobal;
    if (window.end_column.has_value() !=
        (global || window.start_column.has_value())) {
      return Wrong(".window", "a start without an end");
    }
    for (const auto& column :
         {window.time_column, window.start_column, window.end_column}) {
      if (!column) continue;
      RETURN_IF_ERROR(CheckTime(*column, input_, ".window"));
    }
    if (window.event_time && !window.time_column && !window.end_column) {
      return Wrong(".window.time_column", "event time without a time");
    }
    return absl::OkStatus();
  }

  absl::Status CheckKeys(const std::vector<int32_t>& keys) const {
    return CheckPlaces(keys, input_, ".keys");
  }

  // A global phase reads accumulators, not arguments.
  absl::Status CheckCalls(const std::vector<AggregateCall>& calls,
                          AggregatePhase phase) const {
    for (size_t i = 0; i < calls.size(); ++i) {
      const AggregateCall& call = calls[i];
      const std::string field = absl::StrCat(".calls[", i, "]");
      if (call.args.size() != call.arg_types.size()) {
        return Wrong(field, "arguments and their types differ in number");
      }
      if (phase == AggregatePhase::kGlobal) continue;
      RETURN_IF_ERROR(CheckPlaces(call.args, input_, field + ".args"));
      if (call.filter) {
        RETURN_IF_ERROR(
            CheckPlaces({*call.filter}, input_, field + ".filter"));
        if (!input_[*call.filter].Is(TypeRoot::kBoolean)) {
          return Wrong(field + ".filter", "it is no BOOLEAN");
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckWidth(size_t width) const {
    if (output_.size() == width) return absl::OkStatus();
    return Wrong("", absl::StrCat("it gives ", width,
                                  " columns, its output has ",
                                  output_.size()));
  }

  absl::Status CheckOutput(const std::vector<Expr>& exprs) const {
    RETURN_IF_ERROR(CheckWidth(exprs.size()));
    for (size_t i = 0; i < exprs.size(); ++i) {
      if (exprs[i].type.EqualsIgnoringNull(output_[i])) continue;
      return Wrong("", absl::StrCat("output column ", i, " is ",
                                    exprs[i].type.ToString(), ", not ",
                                    output_[i].ToString()));
    }
    return absl::OkStatus();
  }

  const Vertex& vertex_;
  std::string where_;
  Row input_;
  Row output_;
  bool has_input_ = false;
};

}  // namespace

absl::Status ValidateSpec(const SpecToValidate& check) {
  return std::visit(Checker(check), check.vertex->spec);
}

}  // namespace millrace
