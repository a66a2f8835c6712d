#include "runtime/operators/guarded_evaluator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/utf8.h"
#include "runtime/operators/row_json.h"

namespace millrace {
namespace {

// Of an expression, so much is shown.
constexpr size_t kTextBytes = 200;

std::string TextOf(const Expr& expr, const std::vector<std::string>& names) {
  std::string text = ToString(expr, &names);
  if (text.size() <= kTextBytes) return text;
  size_t end = kTextBytes;
  while (end > 0 && IsContinuation(text[end])) --end;
  text.resize(end);
  return text + "...";
}

std::vector<int32_t> ColumnsOf(const Expr& expr) {
  std::vector<int32_t> columns;
  ForEachExpr(expr, [&](const Expr& node) {
    if (node.kind == Expr::Kind::kColumn) columns.push_back(node.column);
  });
  return columns;
}

}  // namespace

std::vector<std::string> LabelsOf(const std::vector<RowField>& columns) {
  std::vector<std::string> labels;
  for (const RowField& column : columns) {
    labels.push_back(absl::StrCat(column.name, " = "));
  }
  return labels;
}

absl::StatusOr<std::unique_ptr<GuardedEvaluator>> GuardedEvaluator::Compile(
    std::span<const Expr> exprs, Options options,
    const FunctionRegistry& registry, const FunctionContext& functions) {
  MILLRACE_CHECK(options.labels.size() == exprs.size());
  ASSIGN_OR_RETURN(std::unique_ptr<Evaluator> evaluator,
                   Evaluator::Compile(exprs, registry, functions));
  std::vector<std::string> names;
  for (const RowField& column : options.columns) names.push_back(column.name);
  std::vector<Told> told;
  for (size_t i = 0; i < exprs.size(); ++i) {
    told.push_back({absl::StrCat(options.labels[i], TextOf(exprs[i], names)),
                    ColumnsOf(exprs[i])});
  }
  return std::unique_ptr<GuardedEvaluator>(new GuardedEvaluator(
      std::move(evaluator), std::move(options), std::move(told)));
}

absl::StatusOr<std::vector<VectorRef>> GuardedEvaluator::Evaluate(
    Batch& batch) {
  errors_.Clear();
  std::vector<VectorRef> results =
      evaluator_->Evaluate(batch, batch.selection(), errors_);
  if (options_.failures == nullptr) {
    if (errors_.empty()) return results;
    return JobFails(batch, errors_.entries().front());
  }
  RETURN_IF_ERROR(TakeOut(batch));
  return results;
}

absl::Status GuardedEvaluator::JobFails(const Batch& batch,
                                        const RowErrors::Entry& error) const {
  const Told& told = told_[error.expression];
  std::string message(error.status.message());
  if (!absl::EndsWith(message, ".")) message += '.';
  absl::StrAppend(&message,
                  " SET 'error-handling.expression.mode' = 'quarantine' sets "
                  "such rows aside.");
  absl::Status status(error.status.code(), message);
  error.status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) {
        status.SetPayload(url, payload);
      });
  return Annotate(
      status,
      absl::StrCat(options_.op, ": ", told.text, " of the row ",
                   RowSummary(batch, error.row, options_.columns,
                              told.columns)));
}

absl::Status GuardedEvaluator::TakeOut(Batch& batch) {
  const int64_t rows = options_.counts_rows ? batch.selected_count() : 0;
  if (errors_.empty()) return options_.failures->OnRows(rows, {});
  std::vector<RejectedRecord> failed;
  std::vector<uint32_t> failed_rows;
  for (const RowErrors::Entry& error : errors_.entries()) {
    failed_rows.push_back(error.row);
    failed.push_back({.origin = {},
                      .error = error.status,
                      .expression = told_[error.expression].text});
    if (options_.failures->keeps()) {
      failed.back().origin.raw = RowJson(batch, error.row, options_.columns);
    }
  }
  std::sort(failed_rows.begin(), failed_rows.end());
  auto kept = std::make_shared<std::vector<uint32_t>>();
  kept->reserve(batch.selected_count() - failed_rows.size());
  auto next = failed_rows.begin();
  batch.selection().ForEach([&](uint32_t row) {
    if (next != failed_rows.end() && *next == row) {
      ++next;
    } else {
      kept->push_back(row);
    }
  });
  batch.selected = std::move(kept);
  return options_.failures->OnRows(rows, failed);
}

}  // namespace millrace
