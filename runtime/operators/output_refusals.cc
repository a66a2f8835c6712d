#include "runtime/operators/output_refusals.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

absl::Status OutputRefusals::OnRows(
    int64_t rows, std::vector<CommittingWriter::Refused> refused) {
  using Mode = RejectionPolicy::Mode;
  if (!refused.empty() && options_.mode == Mode::kFail) {
    return refused.front().error;
  }
  const auto count = static_cast<int64_t>(refused.size());
  if (options_.counter != nullptr) options_.counter->Add(count);
  if (options_.mode != Mode::kQuarantine) return absl::OkStatus();
  const absl::Time now = options_.clock->Now();
  RejectedRecord record;
  for (CommittingWriter::Refused& one : refused) {
    record = {.origin = {.text = std::move(one.where),
                         .raw = std::move(one.raw)},
              .error = std::move(one.error)};
    RETURN_IF_ERROR(options_.sink->Write(record, now));
  }
  if (count > 0) RETURN_IF_ERROR(options_.sink->Flush());
  if (!limit_.Add(now, rows, count) || count == 0) return absl::OkStatus();
  return UserError(
      {.code = "SNK-0310",
       .what = absl::StrCat("more than ", RejectionLimit::kPercent,
                            " % and more than ", RejectionLimit::kLeastRejected,
                            " records within a minute were refused"),
       .where = absl::StrCat("table ", options_.table, ", last ",
                             record.origin.text),
       .why = std::string(absl::StripSuffix(record.error.message(), ".")),
       .fix = "Look at the quarantined records; correct the query or the sink, "
              "or set 'error-handling.mode' = 'drop'."});
}

}  // namespace millrace
