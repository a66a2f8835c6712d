#include "embedded/job_directory.h"

#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"
#include "state/storage/local_ha_store.h"
#include "state/storage/local_object_store.h"

namespace millrace {
namespace {

constexpr char kIdRecord[] = "id";
// The attempt whose end somebody was told of.
constexpr char kSeenRecord[] = "seen";
constexpr char kOriginRecord[] = "origin";
// File systems bound a folder's name at 255 bytes.
constexpr size_t kLongestReadablePart = 80;

absl::StatusOr<std::unique_ptr<Disk::Lock>> TakeLock(const std::string& path,
                                                     Disk* disk) {
  const std::string file = JobDirectory::LockIn(path);
  auto lock = disk->Acquire(file, Disk::IfHeld::kFail);
  if (!absl::IsFailedPrecondition(lock.status())) return lock;
  return UserError(
      {.code = "JOB-0030",
       .what = "the job is already running",
       .where = path,
       .why = "another process holds its lock",
       .fix = "Stop that one first; or, if this is to be another job, give it "
              "a 'pipeline.name' or a 'millrace.data-dir' of its own."});
}

}  // namespace

absl::StatusOr<std::unique_ptr<JobDirectory>> JobDirectory::Open(
    const Options& options, Disk* disk) {
  const std::string path = absl::StrCat(options.root, "/", options.identity);
  RETURN_IF_ERROR(disk->MakeDirectory(path));
  ASSIGN_OR_RETURN(auto lock, TakeLock(path, disk));
  std::unique_ptr<JobDirectory> directory(
      new JobDirectory(path, std::move(lock), disk));
  RETURN_IF_ERROR(directory->OpenStores(options));
  return directory;
}

JobDirectory::JobDirectory(std::string path, std::unique_ptr<Disk::Lock> lock,
                           Disk* disk)
    : path_(std::move(path)), lock_(std::move(lock)), disk_(disk) {}

absl::Status JobDirectory::OpenStores(const Options& options) {
  RETURN_IF_ERROR(RemoveTree(*disk_, local_path()));
  ASSIGN_OR_RETURN(ha_, LocalHaStore::Open(disk_, {.folder = path_ + "/ha"}));
  ASSIGN_OR_RETURN(objects_,
                   LocalObjectStore::Open(
                       disk_, {.folder = options.checkpoints.empty()
                                             ? path_ + "/checkpoints"
                                             : options.checkpoints,
                               .writer = options.identity}));
  checkpoints_ = std::make_unique<CheckpointStore>(objects_.get(), ha_.get());
  ASSIGN_OR_RETURN(const auto id, ha_->Read(kIdRecord));
  job_id_ = id.has_value() ? id->value : NewJobId();
  if (id.has_value()) return absl::OkStatus();
  return ha_->CompareAndSwap(kIdRecord, 0, job_id_).status();
}

absl::StatusOr<std::optional<RetainedCheckpoint>> JobDirectory::Latest() {
  ASSIGN_OR_RETURN(const std::optional<JobRecord> record,
                   checkpoints_->Find(job_id_));
  if (!record.has_value() || record->retained.empty()) return std::nullopt;
  return record->retained.back();
}

absl::StatusOr<bool> JobDirectory::FinishedUnseen() {
  ASSIGN_OR_RETURN(const std::optional<JobRecord> record,
                   checkpoints_->Find(job_id_));
  if (!record.has_value() || !record->finished) return false;
  ASSIGN_OR_RETURN(const int64_t seen, AttemptSeen());
  return seen != record->attempt;
}

absl::StatusOr<int64_t> JobDirectory::AttemptSeen() {
  ASSIGN_OR_RETURN(const auto seen, ha_->Read(kSeenRecord));
  int64_t attempt = 0;
  // What is no number is of no attempt.
  if (seen.has_value() && !absl::SimpleAtoi(seen->value, &attempt)) return 0;
  return attempt;
}

absl::Status JobDirectory::EndSeen() {
  ASSIGN_OR_RETURN(const std::optional<JobRecord> record,
                   checkpoints_->Find(job_id_));
  if (!record.has_value()) return absl::OkStatus();
  return Write(kSeenRecord, absl::StrCat(record->attempt));
}

absl::StatusOr<std::string> JobDirectory::Origin() {
  ASSIGN_OR_RETURN(const auto origin, ha_->Read(kOriginRecord));
  return origin.has_value() ? origin->value : "";
}

absl::Status JobDirectory::NoteOrigin(const std::string& savepoint) {
  ASSIGN_OR_RETURN(const std::string before, Origin());
  return before == savepoint ? absl::OkStatus()
                             : Write(kOriginRecord, savepoint);
}

absl::Status JobDirectory::Write(const std::string& record,
                                 const std::string& value) {
  ASSIGN_OR_RETURN(const auto before, ha_->Read(record));
  return ha_->CompareAndSwap(record, before.has_value() ? before->version : 0,
                             value)
      .status();
}

absl::Status JobDirectory::StartAnew() {
  ASSIGN_OR_RETURN(const std::optional<JobRecord> record,
                   checkpoints_->Find(job_id_));
  if (!record.has_value()) return absl::OkStatus();
  // A record that an attempt of a killed process might still hold is taken
  // away from it first.
  ASSIGN_OR_RETURN(const JobRecord mine, checkpoints_->BeginAttempt(job_id_));
  RETURN_IF_ERROR(checkpoints_->Forget(mine).status());
  ASSIGN_OR_RETURN(const std::vector<std::string> objects,
                   checkpoints_->ListObjects(job_id_));
  return checkpoints_->Delete(objects);
}

std::string NewJobId() {
  std::random_device entropy;
  std::string id;
  for (int i = 0; i < 4; ++i) {
    absl::StrAppend(&id, absl::Hex(entropy(), absl::kZeroPad8));
  }
  return id;
}

std::string IdentityOf(const JobOrigin& origin) {
  const bool named = !origin.pipeline_name.empty();
  std::string readable;
  for (const char c : named ? origin.pipeline_name : origin.job_name) {
    const bool plain = absl::ascii_isalnum(c) || c == '-' || c == '_';
    readable += plain ? c : '_';
    if (readable.size() == kLongestReadablePart) break;
  }
  const uint64_t hash = HashBytes(
      named ? absl::StrCat("name\n", origin.pipeline_name, "\n",
                           origin.ordinal)
            : absl::StrCat("script\n", origin.script_path, "\n",
                           origin.job_name, "\n", origin.ordinal));
  return absl::StrCat(readable, "-", absl::Hex(hash >> 32, absl::kZeroPad8));
}

}  // namespace millrace
