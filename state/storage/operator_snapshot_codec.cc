#include "state/storage/operator_snapshot_codec.h"

#include <utility>

#include "state/storage/file_ref_codec.h"

namespace millrace {
namespace {

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

}  // namespace

void WriteOperatorSnapshot(const OperatorSnapshot& snapshot,
                           proto::OperatorSnapshot& to) {
  to.set_uid(snapshot.uid);
  to.set_fingerprint(snapshot.fingerprint);
  to.set_subtask(snapshot.subtask);
  for (const auto& schema : snapshot.schemas) Write(schema, *to.add_schemas());
  for (const auto& part : snapshot.parts) Write(part, *to.add_parts());
  for (const auto& list : snapshot.lists) Write(list, *to.add_lists());
}

bool ReadOperatorSnapshot(proto::OperatorSnapshot& from,
                          OperatorSnapshot& snapshot) {
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

}  // namespace millrace
