#include "runtime/operators/rejection_policy.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {

bool RejectionLimit::Add(absl::Time now, int64_t records, int64_t rejected) {
  const int64_t slot = absl::ToUnixSeconds(now) / 10;
  Bucket& current = buckets_[slot % kBuckets];
  if (current.slot != slot) current = {.slot = slot};
  current.records += records;
  current.rejected += rejected;
  int64_t all_records = 0;
  int64_t all_rejected = 0;
  for (const Bucket& bucket : buckets_) {
    if (bucket.slot <= slot - kBuckets) continue;
    all_records += bucket.records;
    all_rejected += bucket.rejected;
  }
  return all_rejected > kLeastRejected &&
         all_rejected * 100 > all_records * kPercent;
}

namespace {

std::optional<RejectionPolicy::Mode> ModeNamed(absl::string_view name) {
  using Mode = RejectionPolicy::Mode;
  const std::string mode = absl::AsciiStrToLower(name);
  if (mode == "fail") return Mode::kFail;
  if (mode == "quarantine") return Mode::kQuarantine;
  if (mode == "drop") return Mode::kDrop;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<RejectionPolicy::Mode> RejectionPolicy::ModeOf(
    const TableDescriptor& table) {
  const auto found = table.options.find("error-handling.mode");
  if (found == table.options.end()) return Mode::kQuarantine;
  if (const auto mode = ModeNamed(found->second)) return *mode;
  return UserError({.code = "SRC-0040",
                    .what = absl::StrCat("unknown 'error-handling.mode' '",
                                         found->second, "'"),
                    .where = absl::StrCat("table ", table.name),
                    .fix = "Use 'fail', 'quarantine' or 'drop'."});
}

absl::StatusOr<RejectionPolicy::Mode> RejectionPolicy::ModeOfExpressions(
    absl::string_view mode) {
  if (mode.empty()) return Mode::kFail;
  if (const auto known = ModeNamed(mode)) return *known;
  return UserError({.code = "CFG-0002",
                    .what = absl::StrCat("'error-handling.expression.mode' "
                                         "cannot be '", mode, "'"),
                    .where = {},
                    .why = "it takes fail, quarantine or drop",
                    .fix = {}});
}

absl::Status RejectionPolicy::OnPoll(
    absl::Time now, int64_t records,
    const std::vector<RejectedRecord>& rejected) {
  const auto bad = static_cast<int64_t>(rejected.size());
  if (bad > 0 && mode_ == Mode::kFail) {
    return Annotate(rejected[0].error, rejected[0].origin.text);
  }
  if (mode_ != Mode::kQuarantine) return absl::OkStatus();
  for (const RejectedRecord& record : rejected) {
    RETURN_IF_ERROR(sink_->Write(record, now));
  }
  if (bad > 0) RETURN_IF_ERROR(sink_->Flush());
  if (!limit_.Add(now, records, bad) || bad == 0) return absl::OkStatus();
  return LimitCrossed(rejected.back());
}

absl::Status RejectionPolicy::LimitCrossed(const RejectedRecord& last) const {
  const std::string limit = absl::StrCat(
      "more than ", RejectionLimit::kPercent, " % and more than ",
      RejectionLimit::kLeastRejected);
  // What is to be done begins a sentence.
  const std::string why(absl::StripSuffix(last.error.message(), "."));
  if (subject_ == Subject::kRows) {
    return UserError(
        {.code = "EXP-0201",
         .what = absl::StrCat("on ", limit, " rows within a minute an "
                              "expression failed"),
         .where = absl::StrCat(where_, ", last ", last.expression),
         .why = why,
         .fix = "Look at the quarantined rows; correct the query, or set "
                "'error-handling.expression.mode' = 'drop'."});
  }
  return UserError(
      {.code = "SRC-0041",
       .what = absl::StrCat(limit,
                            " records within a minute could not be decoded"),
       .where = absl::StrCat("table ", where_, ", last ", last.origin.text),
       .why = why,
       .fix = "Look at the quarantined records; correct the table's columns or "
              "format options, or set 'error-handling.mode' = 'drop'."});
}

}  // namespace millrace
