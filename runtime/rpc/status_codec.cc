#include "runtime/rpc/status_codec.h"

#include <string>

#include "absl/strings/cord.h"

namespace millrace {

void WriteStatus(const absl::Status& status, proto::Status& to) {
  to.set_code(static_cast<int32_t>(status.code()));
  to.set_message(std::string(status.message()));
  status.ForEachPayload(
      [&to](absl::string_view url, const absl::Cord& value) {
        proto::Status::Payload& added = *to.add_payloads();
        added.set_url(std::string(url));
        added.set_value(std::string(value));
      });
}

absl::Status ReadStatus(const proto::Status& from) {
  constexpr auto kLast = absl::StatusCode::kUnauthenticated;
  const bool is_known =
      from.code() >= 0 && from.code() <= static_cast<int32_t>(kLast);
  absl::Status status(is_known ? static_cast<absl::StatusCode>(from.code())
                               : absl::StatusCode::kUnknown,
                      from.message());
  for (const proto::Status::Payload& payload : from.payloads()) {
    status.SetPayload(payload.url(), absl::Cord(payload.value()));
  }
  return status;
}

}  // namespace millrace
