#include "state/storage/checkpoint_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/base/failpoint.h"
#include "runtime/base/status_macros.h"
#include "state/storage/verified_read.h"

namespace millrace {
namespace {

// How often a write is tried at once where a store does not say what became of
// it; the caller tries again after a while, or decides otherwise.
constexpr int kTries = 3;

absl::Status Superseded(const JobRecord& mine) {
  return absl::AbortedError(
      absl::StrCat("attempt ", mine.attempt, " of job ", mine.job_id,
                   " is not the newest any more"));
}

}  // namespace

absl::StatusOr<std::optional<JobRecord>> CheckpointStore::Find(
    absl::string_view job_id) {
  const std::string name = JobRecordName(job_id);
  ASSIGN_OR_RETURN(const auto stored, records_->Read(name));
  if (!stored) return std::nullopt;
  auto record = DecodeJobRecord(stored->value);
  if (!record.ok()) return Annotate(record.status(), "record " + name);
  record->version = stored->version;
  return *std::move(record);
}

// Another process may write the same number at the same moment, so an outcome
// that is unknown is never taken for this one's: it takes the next number.
absl::StatusOr<JobRecord> CheckpointStore::BeginAttempt(
    absl::string_view job_id, const Right& right) {
  absl::Status failure;
  for (int i = 0; i < kTries; ++i) {
    ASSIGN_OR_RETURN(const auto found, Find(job_id));
    if (!found) RETURN_IF_ERROR(CheckNoneLost(job_id));
    JobRecord next =
        found.value_or(JobRecord{.job_id = std::string(job_id)});
    if (next.term > right.term) {
      return absl::AbortedError(
          absl::StrCat("the leader of term ", next.term, " runs job ", job_id));
    }
    next.term = right.term;
    const bool was_finished = std::exchange(next.finished, false);
    if (next.attempt <= right.lived) {
      for (RetainedCheckpoint& past : next.retained) past.ends_job = false;
    }
    ++next.attempt;
    const auto version = records_->CompareAndSwap(
        JobRecordName(job_id), next.version, EncodeJobRecord(next));
    if (version.ok()) {
      next.version = *version;
      next.finished = was_finished;
      return next;
    }
    failure = version.status();
  }
  // Others were faster each time, or there was no answer.
  return absl::IsAborted(failure) || absl::IsUnknown(failure)
             ? absl::UnavailableError(failure.message())
             : failure;
}

// Without its record a job would begin from nothing beside its own state.
absl::Status CheckpointStore::CheckNoneLost(absl::string_view job_id) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListObjects(job_id));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, "/manifest")) continue;
    return MakeError(
        absl::StatusCode::kDataLoss,
        {.code = "JOB-0045",
         .what = absl::StrCat("the record of job ", job_id,
                              " is gone and its checkpoints are not"),
         .where = name,
         .fix = "Bring the record back from a copy, start from the newest "
                "complete checkpoint with --from-savepoint, or discard all of "
                "it with --fresh"});
  }
  return absl::OkStatus();
}

absl::StatusOr<JobRecord> CheckpointStore::ReserveId(const JobRecord& mine,
                                                     CheckpointId above) {
  JobRecord next = mine;
  next.finished = false;
  next.last_checkpoint = std::max(mine.last_checkpoint, above).Next();
  return Replace(mine, std::move(next));
}

absl::StatusOr<RetainedCheckpoint> CheckpointStore::WriteManifest(
    const Manifest& manifest) {
  const std::string bytes = EncodeManifest(manifest);
  RetainedCheckpoint written = {
      .checkpoint = manifest.checkpoint,
      .manifest = {.name = ManifestName(manifest.job_id, manifest.checkpoint),
                   .size_bytes = static_cast<int64_t>(bytes.size()),
                   .crc32c = Crc32c(bytes)}};
  RETURN_IF_ERROR(Failpoint("jm.complete.before_metadata_put"));
  absl::Status put;
  for (int i = 0; i < kTries; ++i) {
    put = objects_->Put(written.manifest.name, bytes);
    if (!absl::IsUnavailable(put)) break;
  }
  RETURN_IF_ERROR(put);
  RETURN_IF_ERROR(Failpoint("jm.complete.after_metadata_put"));
  return written;
}

absl::StatusOr<JobRecord> CheckpointStore::SwapPointer(
    const JobRecord& mine, const RetainedCheckpoint& latest, int limit) {
  MILLRACE_CHECK(limit > 0);
  MILLRACE_CHECK(mine.retained.empty() ||
                 mine.retained.back().checkpoint < latest.checkpoint);
  MILLRACE_CHECK(latest.checkpoint <= mine.last_checkpoint);
  RETURN_IF_ERROR(Failpoint("jm.complete.before_cas"));
  JobRecord next = mine;
  next.finished = false;
  next.retained.push_back(latest);
  if (next.retained.size() > static_cast<size_t>(limit)) {
    next.retained.erase(next.retained.begin(), next.retained.end() - limit);
  }
  ASSIGN_OR_RETURN(JobRecord swapped, Replace(mine, std::move(next)));
  const absl::Status reached = Failpoint("jm.complete.after_cas");
  if (!reached.ok()) return absl::UnknownError(reached.message());
  return swapped;
}

// A write of `next` is known by its value: nobody else writes as this attempt,
// and this attempt never writes one value twice. So where the record has moved
// on and holds it, it was done, whatever the answers said.
absl::StatusOr<JobRecord> CheckpointStore::Replace(const JobRecord& mine,
                                                   JobRecord next) {
  const std::string name = JobRecordName(mine.job_id);
  const std::string bytes = EncodeJobRecord(next);
  bool in_doubt = false;
  absl::Status failure;
  for (int i = 0; i < kTries; ++i) {
    const auto version = records_->CompareAndSwap(name, mine.version, bytes);
    if (version.ok()) {
      next.version = *version;
      return next;
    }
    failure = version.status();
    in_doubt |= absl::IsUnknown(failure);
    const bool was_refused = absl::IsAborted(failure);
    const auto now = records_->Read(name);
    if (!now.ok()) {
      // Whether the refusal was for an earlier write of its own stays open.
      in_doubt |= was_refused;
      failure = now.status();
      continue;
    }
    if (*now && (*now)->version > mine.version && (*now)->value == bytes) {
      next.version = (*now)->version;
      return next;
    }
    if (!*now || (*now)->version != mine.version) return Superseded(mine);
  }
  return in_doubt ? absl::UnknownError(failure.message()) : failure;
}

absl::StatusOr<JobRecord> CheckpointStore::Refresh(const JobRecord& mine) {
  ASSIGN_OR_RETURN(std::optional<JobRecord> now, Find(mine.job_id));
  if (!now || now->attempt != mine.attempt) return Superseded(mine);
  return *std::move(now);
}

absl::StatusOr<std::optional<Manifest>> CheckpointStore::LoadLatest(
    const JobRecord& record) {
  if (record.retained.empty()) return std::nullopt;
  return Load(record.job_id, record.retained.back());
}

absl::StatusOr<Manifest> CheckpointStore::Load(
    absl::string_view job_id, const RetainedCheckpoint& retained) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   ReadVerified(*objects_, retained.manifest));
  auto manifest = DecodeManifest(bytes);
  if (!manifest.ok()) {
    return Annotate(manifest.status(), retained.manifest.name);
  }
  if (manifest->job_id != job_id ||
      manifest->checkpoint != retained.checkpoint) {
    return MakeError(
        absl::StatusCode::kDataLoss,
        {.code = "JOB-0046",
         .what = absl::StrCat("the manifest is that of checkpoint ",
                              manifest->checkpoint.value(), " of job ",
                              manifest->job_id),
         .where = retained.manifest.name,
         .fix = "Bring the job's own file back from a copy"});
  }
  return manifest;
}

absl::StatusOr<Manifest> CheckpointStore::LoadUnnamed(
    absl::string_view job_id, CheckpointId checkpoint) {
  const std::string name = ManifestName(job_id, checkpoint);
  ASSIGN_OR_RETURN(const std::string bytes, objects_->Get(name));
  auto manifest = DecodeManifest(bytes);
  if (!manifest.ok()) return Annotate(manifest.status(), name);
  return manifest;
}

absl::StatusOr<JobRecord> CheckpointStore::Forget(const JobRecord& mine) {
  JobRecord next = mine;
  next.retained.clear();
  next.finished = true;
  return Replace(mine, std::move(next));
}

absl::StatusOr<std::vector<std::string>> CheckpointStore::ListObjects(
    absl::string_view job_id) {
  ASSIGN_OR_RETURN(auto objects, objects_->List(absl::StrCat(job_id, "/")));
  std::vector<std::string> names;
  for (ObjectStore::Object& object : objects) {
    names.push_back(std::move(object.name));
  }
  return names;
}

absl::Status CheckpointStore::Delete(const std::vector<std::string>& names) {
  if (names.empty()) return absl::OkStatus();
  // The ledger has let go of them, the store has not.
  RETURN_IF_ERROR(Failpoint("files.ref_dec"));
  RETURN_IF_ERROR(Failpoint("jm.subsume.before_delete"));
  absl::Status first_failure;
  for (const std::string& name : names) {
    first_failure.Update(Failpoint("files.before_unlink"));
    first_failure.Update(objects_->Delete(name));
  }
  return first_failure;
}

}  // namespace millrace
