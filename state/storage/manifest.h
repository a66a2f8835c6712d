#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/base/strong_int.h"

namespace millrace {

// What a checkpoint consists of. Plain values: made by the subtasks, gathered
// by the coordinator, written as a manifest, read by a restore.

// An object of the checkpoint's ObjectStore.
struct FileRef {
  std::string name;
  int64_t size_bytes = 0;
  uint32_t crc32c = 0;

  friend bool operator==(const FileRef&, const FileRef&) = default;
};

// Bytes of a snapshot: in a file, or, while small, in the manifest itself.
struct Blob {
  std::optional<FileRef> file;
  std::string inlined;  // Where there is no file.

  friend bool operator==(const Blob&, const Blob&) = default;
};

// Half-open: [first, limit).
struct KeyGroupRange {
  KeyGroup first;
  KeyGroup limit;

  bool Contains(KeyGroup group) const {
    return first <= group && group < limit;
  }
  friend bool operator==(const KeyGroupRange&, const KeyGroupRange&) = default;
};

// What one keyed state of an operator is called and what its bytes mean; a
// restore compares it first.
struct StateSchema {
  int32_t id = 0;         // Unique in the operator, stable across versions.
  std::string name;       // For people: "accumulators".
  int32_t version = 1;    // Of the encoding of keys and values.
  std::string key_type;   // LogicalType texts, joined by ", ".
  std::string value_type;

  friend bool operator==(const StateSchema&, const StateSchema&) = default;
};

// The keyed states of one operator in one store, for some key groups.
struct KeyedPart {
  enum class Form : uint8_t {
    kRuns = 0,     // sorted runs (state/run_file.h), oldest first: an entry
                   // of a later run stands for the earlier ones
    kRocksDb = 1,  // the files of one RocksDB, by their names in its folder
  };
  struct File {
    std::string name;  // Empty for a run.
    Blob blob;

    friend bool operator==(const File&, const File&) = default;
  };

  Form form = Form::kRuns;
  // What of it counts; the files may hold more, after a rescale.
  KeyGroupRange groups;
  std::vector<File> files;

  friend bool operator==(const KeyedPart&, const KeyedPart&) = default;
};

// How the items of a list of operator state come back: each to exactly one
// subtask, or all to every one.
enum class Redistribution : uint8_t { kSplit = 0, kUnion = 1 };

struct ItemList {
  std::string name;
  Redistribution redistribution = Redistribution::kSplit;
  std::vector<std::string> items;

  friend bool operator==(const ItemList&, const ItemList&) = default;
};

// What one operator of one subtask remembers.
struct OperatorSnapshot {
  std::string uid;  // Of its vertex.
  uint64_t fingerprint = 0;
  int32_t subtask = 0;
  std::vector<StateSchema> schemas;
  std::vector<KeyedPart> parts;
  std::vector<ItemList> lists;

  friend bool operator==(const OperatorSnapshot&,
                         const OperatorSnapshot&) = default;
};

// What makes a checkpoint, or a savepoint, complete.
struct Manifest {
  struct Vertex {
    std::string uid;
    int32_t parallelism = 1;

    friend bool operator==(const Vertex&, const Vertex&) = default;
  };
  // The enumerator of a source.
  struct Enumerator {
    std::string uid;
    std::string snapshot;

    friend bool operator==(const Enumerator&, const Enumerator&) = default;
  };

  std::string job_id;  // 32 hex digits.
  std::string job_name;
  CheckpointId checkpoint;
  bool is_savepoint = false;
  int32_t max_parallelism = 128;
  int64_t triggered_ms = 0;  // Wall time, for people.
  int64_t completed_ms = 0;
  std::vector<Vertex> vertices;
  std::vector<OperatorSnapshot> operators;
  std::vector<Enumerator> enumerators;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// Every file that the manifest refers to; one referred to twice comes twice.
std::vector<FileRef> FilesOf(const Manifest& manifest);
std::vector<FileRef> FilesOf(const OperatorSnapshot& snapshot);

// The object names of a job's checkpoints. `attempt` is unique over all
// attempts of the job, in every process, so no two writers share a name:
//
//   <job>/chk-<checkpoint>/manifest
//   <job>/shared/<attempt>-<checkpoint>-<operator>-<subtask>-<number>
//
// The operator is a hash of its uid, of 63 bits: two of a job have one name
// only if these are the same.
std::string ManifestName(absl::string_view job_id, CheckpointId checkpoint);
std::string StateFileName(absl::string_view job_id, int64_t attempt,
                          CheckpointId checkpoint, absl::string_view uid,
                          int subtask, int number);
// The checkpoint that such a name is of; nullopt for a name of another kind.
std::optional<CheckpointId> CheckpointOf(absl::string_view job_id,
                                         absl::string_view object_name);

// The manifest as bytes and back (manifest_codec.cc draws them). Every damage
// of the bytes, and a version that is not known, is kDataLoss with what to do.
std::string EncodeManifest(const Manifest& manifest);
absl::StatusOr<Manifest> DecodeManifest(absl::string_view bytes);

// CRC-32C of bytes, in hardware where there is one; `before` continues.
uint32_t Crc32c(absl::string_view bytes, uint32_t before = 0);

}  // namespace millrace
