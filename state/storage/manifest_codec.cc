// A manifest is an Envelope (envelope.h) with the magic "MLRCHKPT" around a
// proto::Manifest (proto/checkpoint.proto). Version 1.
#include <utility>

#include "proto/checkpoint.pb.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "state/storage/envelope.h"
#include "state/storage/manifest.h"
#include "state/storage/operator_snapshot_codec.h"

namespace millrace {
namespace {

constexpr Envelope kManifestEnvelope = {.magic = "MLRCHKPT", .version = 1};

bool Read(proto::Manifest& from, Manifest& manifest) {
  manifest.job_id = from.job_id();
  manifest.job_name = from.job_name();
  manifest.checkpoint = CheckpointId(from.checkpoint());
  manifest.is_savepoint = from.is_savepoint();
  manifest.max_parallelism = from.max_parallelism();
  manifest.triggered_ms = from.triggered_ms();
  manifest.completed_ms = from.completed_ms();
  for (const proto::Manifest::Vertex& vertex : from.vertices()) {
    manifest.vertices.push_back(
        {.uid = vertex.uid(), .parallelism = vertex.parallelism()});
  }
  for (proto::Manifest::Enumerator& source : *from.mutable_enumerators()) {
    manifest.enumerators.push_back(
        {.uid = source.uid(),
         .snapshot = std::move(*source.mutable_snapshot())});
  }
  bool is_known = true;
  for (proto::OperatorSnapshot& snapshot : *from.mutable_operators()) {
    is_known &=
        ReadOperatorSnapshot(snapshot, manifest.operators.emplace_back());
  }
  return is_known;
}

absl::Status UnreadableManifest(absl::string_view why) {
  return MakeError(
      absl::StatusCode::kDataLoss,
      {.code = "JOB-0041",
       .what = "a checkpoint's manifest cannot be read",
       .why = std::string(why),
       .fix = "Bring the file back from a copy, use the version of millrace "
              "that wrote it, or start from another checkpoint with "
              "--from-savepoint"});
}

}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
  proto::Manifest to;
  to.set_job_id(manifest.job_id);
  to.set_job_name(manifest.job_name);
  to.set_checkpoint(manifest.checkpoint.value());
  to.set_is_savepoint(manifest.is_savepoint);
  to.set_max_parallelism(manifest.max_parallelism);
  to.set_triggered_ms(manifest.triggered_ms);
  to.set_completed_ms(manifest.completed_ms);
  for (const Manifest::Vertex& vertex : manifest.vertices) {
    proto::Manifest::Vertex& added = *to.add_vertices();
    added.set_uid(vertex.uid);
    added.set_parallelism(vertex.parallelism);
  }
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    WriteOperatorSnapshot(snapshot, *to.add_operators());
  }
  for (const Manifest::Enumerator& source : manifest.enumerators) {
    proto::Manifest::Enumerator& added = *to.add_enumerators();
    added.set_uid(source.uid);
    added.set_snapshot(source.snapshot);
  }
  std::string body;
  MILLRACE_CHECK(to.SerializeToString(&body));  // Beyond 2 GiB.
  return Seal(kManifestEnvelope, body);
}

absl::StatusOr<Manifest> DecodeManifest(absl::string_view bytes) {
  const auto body = Unseal(kManifestEnvelope, bytes);
  if (!body.ok()) return UnreadableManifest(body.status().message());
  proto::Manifest from;
  Manifest manifest;
  if (!from.ParseFromArray(body->data(), static_cast<int>(body->size())) ||
      !Read(from, manifest)) {
    return UnreadableManifest("its content is none of this format version");
  }
  return manifest;
}

}  // namespace millrace
