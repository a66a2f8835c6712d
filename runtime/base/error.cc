#include "runtime/base/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

constexpr absl::string_view kCodePayload = "millrace/error-code";

}  // namespace

absl::Status MakeError(absl::StatusCode status_code, const ErrorInfo& info) {
  std::string message = absl::StrCat(info.code, ": ", info.what);
  if (!info.where.empty()) absl::StrAppend(&message, ", at ", info.where);
  if (!info.why.empty()) absl::StrAppend(&message, ": ", info.why);
  if (!info.fix.empty()) absl::StrAppend(&message, ". ", info.fix);
  absl::Status status(status_code, message);
  status.SetPayload(kCodePayload, absl::Cord(info.code));
  return status;
}

std::optional<std::string> ErrorCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kCodePayload);
  if (!payload) return std::nullopt;
  return std::string(*payload);
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(),
                         absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) {
        annotated.SetPayload(url, payload);
      });
  return annotated;
}

}  // namespace millrace
