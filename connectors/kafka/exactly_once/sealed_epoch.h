#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/kafka/exactly_once/commit_marker.h"
#include "connectors/kafka/exactly_once/sealed_block.h"
#include "runtime/connector/output_files.h"
#include "runtime/connector/sink.h"

namespace millrace::kafka {

// What one writer of an exactly-once sink left at one barrier: the records of
// the epoch and all that is needed to send them, by whichever subtask restores
// it. It belongs to its transactional id for ever.
//
// As a committable, integers little endian, texts with their length (2) before:
//
//   bytes  field
//       4  "MKE1": what it is, and the version
//       .  text  lineage
//       .  text  transactional id
//       .  text  commits topic
//       4        partition in it
//       8        sequence
//       1        whether a marker was acknowledged when this was sealed; then
//       .  text    its lineage
//       8          its sequence
//       4          its chunk
//       8          its offset
//       2        number of topics, then each
//       .  text
//       4        number of chunks, then of each
//       8          length in bytes
//       4          records
//       .  text  "files" = each chunk is a file; then of each
//       .  text    its name
//       4          its CRC-32C
//                empty = they follow behind the checksum
//       8        XXH3-64 of all before
//       .        chunks: blocks (sealed_block.h)
struct SealedEpoch {
  // Of one writer, all that waits together; larger ones have files: what is
  // inlined is in the manifest of every checkpoint while it waits.
  static constexpr size_t kMostInlinedBytes = 1 << 20;
  // One transaction: 32 MiB are sent in about 0.15 s. A record may exceed it.
  static constexpr size_t kChunkBytes = 32 << 20;

  struct Chunk {
    int64_t size_bytes = 0;
    int32_t records = 0;

    friend bool operator==(const Chunk&, const Chunk&) = default;
  };

  std::string lineage = {};
  std::string transactional_id = {};
  std::string commits_topic = {};
  int32_t partition = 0;
  int64_t sequence = 0;  // The checkpoint's number.
  std::optional<AcknowledgedMarker> acknowledged = {};
  std::vector<std::string> topics = {};
  std::vector<Chunk> chunks = {};  // None: nothing was written in it.
  std::vector<OutputFile> files = {};  // Of the chunks. Empty: inlined.
  std::string inlined = {};            // All chunks.

  int64_t size_bytes() const;

  Committable ToCommittable() const;
  // kDataLoss: not made by ToCommittable, or damaged. Chunks are not looked at.
  static absl::StatusOr<SealedEpoch> From(const Committable& committable);

  friend bool operator==(const SealedEpoch&, const SealedEpoch&) = default;
};

// The records of one transaction, whole (CheckBlocks).
struct SealedChunk {
  std::vector<std::string> topics;  // Of the epoch.
  std::string blocks;
  int32_t records = 0;
};

}  // namespace millrace::kafka
