#include "embedded/savepoint_desk.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/waker.h"

namespace millrace {
namespace {

constexpr absl::string_view kRequest = ".request";
constexpr absl::string_view kAnswer = ".answer";
constexpr absl::string_view kOk = "OK ";
constexpr absl::string_view kError = "ERROR ";
// How often who asked looks for the answer: a person waits.
constexpr absl::Duration kAnswerLookEvery = absl::Milliseconds(100);
// After so many looks also whether there is still somebody to answer.
constexpr int kLooksPerKnock = 10;
constexpr absl::string_view kWishes[] = {"savepoint", "stop", "drain"};

std::string FolderIn(const std::string& job_path) {
  return job_path + "/requests";
}

absl::StatusOr<std::string> Understand(absl::string_view answer) {
  if (absl::ConsumePrefix(&answer, kOk)) return std::string(answer);
  absl::ConsumePrefix(&answer, kError);
  return absl::UnavailableError(answer);
}

std::optional<SavepointDesk::Request> Understand(std::string name,
                                                 absl::string_view text) {
  const size_t line = text.find('\n');
  const auto wish = std::find(std::begin(kWishes), std::end(kWishes),
                              text.substr(0, line));
  if (wish == std::end(kWishes) || line == absl::string_view::npos) {
    return std::nullopt;
  }
  return SavepointDesk::Request{
      .name = std::move(name),
      .wish = static_cast<SavepointDesk::Wish>(wish - std::begin(kWishes)),
      .target = std::string(text.substr(line + 1))};
}

// Whether no process runs the job any more: its lock falls with it.
bool IsGone(const std::string& job_path, Disk* disk) {
  return disk->Acquire(JobDirectory::LockIn(job_path), Disk::IfHeld::kFail)
      .ok();
}

absl::Status EndedUnanswered(const std::string& job_path) {
  return MakeError(absl::StatusCode::kUnavailable,
                   {.code = "JOB-0037",
                    .what = "the run ended before it had answered",
                    .where = job_path,
                    .fix = "Ask again: of a job that is not running its latest "
                           "checkpoint becomes the savepoint."});
}

}  // namespace

SavepointDesk::SavepointDesk(const JobDirectory& directory, Disk* disk)
    : folder_(FolderIn(directory.path())), disk_(disk) {
  // What cannot be removed is answered late; nobody waits for it.
  RemoveTree(*disk_, folder_).IgnoreError();
}

std::vector<SavepointDesk::Request> SavepointDesk::Take() {
  std::vector<Request> requests;
  const auto entries = disk_->List(folder_);
  if (!entries.ok()) return requests;
  for (const Disk::Entry& entry : *entries) {
    absl::string_view name = entry.name;
    if (!absl::ConsumeSuffix(&name, kRequest)) continue;
    const std::string own(name);
    if (std::find(taken_.begin(), taken_.end(), own) != taken_.end()) continue;
    const auto text = disk_->Read(folder_ + "/" + entry.name);
    if (!text.ok()) continue;  // Its asker went away.
    taken_.push_back(own);
    if (auto request = Understand(own, *text)) {
      requests.push_back(*std::move(request));
    } else {
      Answer(own, absl::InvalidArgumentError(
                      "another version of millrace asked: take the run's own"));
    }
  }
  return requests;
}

void SavepointDesk::Answer(const std::string& name,
                           const absl::StatusOr<std::string>& path) {
  const std::string text =
      path.ok() ? absl::StrCat(kOk, *path)
                : absl::StrCat(kError, path.status().message());
  // An answer that cannot be written shows itself by its asker's deadline.
  WriteDurably(*disk_, absl::StrCat(folder_, "/", name, kAnswer), text)
      .IgnoreError();
}

absl::StatusOr<std::string> SavepointDesk::Ask(const std::string& job_path,
                                               Wish wish,
                                               const std::string& target,
                                               absl::Duration timeout,
                                               Disk* disk) {
  const std::string folder = FolderIn(job_path);
  RETURN_IF_ERROR(disk->MakeDirectory(folder));
  const std::string name = absl::StrCat(folder, "/", getpid());
  const std::string request = absl::StrCat(name, kRequest);
  const std::string answer = absl::StrCat(name, kAnswer);
  RETURN_IF_ERROR(WriteDurably(
      *disk, request,
      absl::StrCat(kWishes[static_cast<int>(wish)], "\n", target)));
  absl::StatusOr<std::string> outcome = absl::DeadlineExceededError(
      "the run did not answer; it may be stuck, see its own messages");
  Waker nobody;
  int looks = 0;
  bool gone = false;
  for (absl::Duration waited; waited < timeout; waited += kAnswerLookEvery) {
    if (const auto text = disk->Read(answer); text.ok()) {
      outcome = Understand(*text);
      break;
    }
    // It answers before it goes, so an answer is looked for once more.
    if (gone) {
      outcome = EndedUnanswered(job_path);
      break;
    }
    gone = ++looks % kLooksPerKnock == 0 && IsGone(job_path, disk);
    nobody.BeginTurn();
    nobody.Wait(absl::ToInt64Nanoseconds(kAnswerLookEvery));
  }
  RETURN_IF_ERROR(disk->Remove(request));
  RETURN_IF_ERROR(disk->Remove(answer));
  return outcome;
}

}  // namespace millrace
