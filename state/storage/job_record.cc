// A record is an Envelope (envelope.h) with the magic "MLRJOBRC" around a
// proto::JobRecord (proto/checkpoint.proto). Version 1.
#include "state/storage/job_record.h"

#include "absl/strings/str_cat.h"
#include "proto/checkpoint.pb.h"
#include "runtime/base/error.h"
#include "state/storage/envelope.h"
#include "state/storage/file_ref_codec.h"

namespace millrace {
namespace {

constexpr Envelope kJobRecordEnvelope = {.magic = "MLRJOBRC", .version = 1};

absl::Status Unreadable(absl::string_view why) {
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "JOB-0044",
       .what = "what a job's newest checkpoint is cannot be read",
       .why = std::string(why),
       .fix = "Bring the record back from a copy, use the version of millrace "
              "that wrote it, or start from a checkpoint with "
              "--from-savepoint"});
}

}  // namespace

std::string JobRecordName(absl::string_view job_id) {
  return absl::StrCat("job/", job_id);
}

std::string EncodeJobRecord(const JobRecord& record) {
  proto::JobRecord to;
  to.set_job_id(record.job_id);
  to.set_attempt(record.attempt);
  to.set_last_checkpoint(record.last_checkpoint.value());
  for (const RetainedCheckpoint& retained : record.retained) {
    proto::JobRecord::Retained& added = *to.add_retained();
    added.set_checkpoint(retained.checkpoint.value());
    WriteFileRef(retained.manifest, *added.mutable_manifest());
    added.set_ends_job(retained.ends_job);
  }
  to.set_finished(record.finished);
  to.set_term(record.term);
  return Seal(kJobRecordEnvelope, to.SerializeAsString());
}

absl::StatusOr<JobRecord> DecodeJobRecord(absl::string_view bytes) {
  const auto body = Unseal(kJobRecordEnvelope, bytes);
  if (!body.ok()) return Unreadable(body.status().message());
  proto::JobRecord from;
  if (!from.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
    return Unreadable("its content is none of this format version");
  }
  JobRecord record = {.job_id = from.job_id(),
                      .attempt = from.attempt(),
                      .last_checkpoint = CheckpointId(from.last_checkpoint()),
                      .finished = from.finished(),
                      .term = from.term()};
  for (const proto::JobRecord::Retained& retained : from.retained()) {
    record.retained.push_back(
        {.checkpoint = CheckpointId(retained.checkpoint()),
         .manifest = ReadFileRef(retained.manifest()),
         .ends_job = retained.ends_job()});
  }
  return record;
}

}  // namespace millrace
