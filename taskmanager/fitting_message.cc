#include "taskmanager/fitting_message.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/rpc/cluster_codec.h"

namespace millrace {
namespace {

// What a person still reads.
constexpr size_t kLongestText = 4096;

absl::Status PartTooLarge(int64_t size_bytes, int64_t limit) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      {.code = "JOB-0140",
       .what = absl::StrCat("a subtask's part of a checkpoint has ",
                            size_bytes, " bytes beside its files; at most ",
                            limit, " can be told to the JobManager"),
       .where = "",
       .why = "what its sinks have to commit, or its sources remember, is "
              "that much",
       .fix = "Raise the job's parallelism, or have its sinks write fewer and "
              "larger files."});
}

void Cut(absl::Status& status) {
  if (status.message().size() <= kLongestText) return;
  absl::Status cut(status.code(),
                   absl::StrCat(status.message().substr(0, kLongestText),
                                "..."));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    cut.SetPayload(url, payload);
  });
  status = std::move(cut);
}

}  // namespace

std::string EncodeToFit(to_job_manager::Message message, int64_t limit) {
  std::string bytes = Encode(message);
  const auto size_bytes = static_cast<int64_t>(bytes.size());
  if (size_bytes <= limit) return bytes;
  std::visit(
      [&](auto& part) {
        using Part = std::decay_t<decltype(part)>;
        if constexpr (std::is_same_v<Part, to_job_manager::Acknowledged>) {
          part.acknowledgement.snapshots = PartTooLarge(size_bytes, limit);
        } else if constexpr (std::is_same_v<Part, to_job_manager::Ended> ||
                             std::is_same_v<Part, to_job_manager::Deployed>) {
          Cut(part.status);
        }
      },
      message);
  return Encode(message);
}

}  // namespace millrace
