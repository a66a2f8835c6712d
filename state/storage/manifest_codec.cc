// A manifest is an Envelope (envelope.h) with the magic "MLRCHKPT" around a
// proto::Manifest (proto/checkpoint.proto). Version 1.
#include <utility>

#include "proto/checkpoint.pb.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "state/storage/envelope.h"
#include "state/storage/file_ref_codec.h"
#include "state/storage/manifest.h"

namespace millrace {
namespace {

constexpr Envelope kEnvelope = {.magic = "MLRCHKPT", .version = 1};

void Write(const Blob& blob, proto::Blob& to) {
  if (blob.file) {
    WriteFileRef(*blob.file, *to.mutable_file());
  } else {
    to.set_inlined(blob.inlined);
  }
}

void Write(const StateSchema& schema, proto::StateSchema& to) {
  to.set_id(schema.id);
  to.set_name(schema.name);
  to.set_version(schema.version);
  to.set_key_type(schema.key_type);
  to.set_value_type(schema.value_type);
}

void Write(const KeyedPart& part, proto::KeyedPart& to) {
  to.set_form(static_cast<int32_t>(part.form));
  to.set_first_group(part.groups.first.value());
  to.set_group_limit(part.groups.limit.value());
  for (const KeyedPart::File& file : part.files) {
    proto::KeyedPart::File& added = *to.add_files();
    added.set_name(file.name);
    Write(file.blob, *added.mutable_blob());
  }
}

void Write(const ItemList& list, proto::ItemList& to) {
  to.set_name(list.name);
  to.set_redistribution(static_cast<int32_t>(list.redistribution));
  for (const std::string& item : list.items) to.add_items(item);
}

void Write(const OperatorSnapshot& snapshot, proto::OperatorSnapshot& to) {
  to.set_uid(snapshot.uid);
  to.set_fingerprint(snapshot.fingerprint);
  to.set_subtask(snapshot.subtask);
  for (const auto& schema : snapshot.schemas) Write(schema, *to.add_schemas());
  for (const auto& part : snapshot.parts) Write(part, *to.add_parts());
  for (const auto& list : snapshot.lists) Write(list, *to.add_lists());
}

Blob Read(proto::Blob& from) {
  if (from.has_file()) return {.file = ReadFileRef(from.file())};
  return {.inlined = std::move(*from.mutable_inlined())};
}

StateSchema Read(const proto::StateSchema& from) {
  return {.id = from.id(),
          .name = from.name(),
          .version = from.version(),
          .key_type = from.key_type(),
          .value_type = from.value_type()};
}

// What a later version may have added is not known to mean the same.
template <typename Enum>
bool ReadEnum(int32_t number, Enum last, Enum& value) {
  value = static_cast<Enum>(number);
  return number >= 0 && number <= static_cast<int32_t>(last);
}

bool Read(proto::KeyedPart& from, KeyedPart& part) {
  part.groups = {.first = KeyGroup(from.first_group()),
                 .limit = KeyGroup(from.group_limit())};
  for (proto::KeyedPart::File& file : *from.mutable_files()) {
    part.files.push_back(
        {.name = file.name(), .blob = Read(*file.mutable_blob())});
  }
  return ReadEnum(from.form(), KeyedPart::Form::kRocksDb, part.form);
}

bool Read(proto::ItemList& from, ItemList& list) {
  list.name = from.name();
  for (std::string& item : *from.mutable_items()) {
    list.items.push_back(std::move(item));
  }
  return ReadEnum(from.redistribution(), Redistribution::kUnion,
                  list.redistribution);
}

bool Read(proto::OperatorSnapshot& from, OperatorSnapshot& snapshot) {
  snapshot.uid = from.uid();
  snapshot.fingerprint = from.fingerprint();
  snapshot.subtask = from.subtask();
  for (const proto::StateSchema& schema : from.schemas()) {
    snapshot.schemas.push_back(Read(schema));
  }
  bool is_known = true;
  for (proto::KeyedPart& part : *from.mutable_parts()) {
    is_known &= Read(part, snapshot.parts.emplace_back());
  }
  for (proto::ItemList& list : *from.mutable_lists()) {
    is_known &= Read(list, snapshot.lists.emplace_back());
  }
  return is_known;
}

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
    is_known &= Read(snapshot, manifest.operators.emplace_back());
  }
  return is_known;
}

absl::Status Unreadable(absl::string_view why) {
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
    Write(snapshot, *to.add_operators());
  }
  for (const Manifest::Enumerator& source : manifest.enumerators) {
    proto::Manifest::Enumerator& added = *to.add_enumerators();
    added.set_uid(source.uid);
    added.set_snapshot(source.snapshot);
  }
  std::string body;
  MILLRACE_CHECK(to.SerializeToString(&body));  // Beyond 2 GiB.
  return Seal(kEnvelope, body);
}

absl::StatusOr<Manifest> DecodeManifest(absl::string_view bytes) {
  const auto body = Unseal(kEnvelope, bytes);
  if (!body.ok()) return Unreadable(body.status().message());
  proto::Manifest from;
  Manifest manifest;
  if (!from.ParseFromArray(body->data(), static_cast<int>(body->size())) ||
      !Read(from, manifest)) {
    return Unreadable("its content is none of this format version");
  }
  return manifest;
}

}  // namespace millrace
