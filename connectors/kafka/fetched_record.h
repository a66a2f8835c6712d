#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "runtime/connector/letter_parts.h"

typedef struct rd_kafka_message_s rd_kafka_message_t;

namespace millrace::kafka {

// A record as a decoder sees it: one that the library fetched, or that of a
// dead letter. Everything is borrowed from either.
struct FetchedRecord {
  enum class TimeKind { kNone, kCreated, kAppended };

  absl::string_view key;    // Without data(): there is none.
  absl::string_view value;  // The same; then it is a tombstone.
  absl::string_view topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t time_ms = -1;  // Negative: none.
  TimeKind time_kind = TimeKind::kNone;
  // Its headers are of one of these.
  const rd_kafka_message_t* message = nullptr;
  const MessageParts* letter = nullptr;
};

FetchedRecord FromMessage(const rd_kafka_message_t& message,
                          absl::string_view topic);
FetchedRecord FromLetter(const LetterRecord& letter);

// In order; a value without data() is none.
void ForEachHeader(const FetchedRecord& record,
                   absl::FunctionRef<void(absl::string_view name,
                                          absl::string_view value)>
                       visit);

// "topic bids, partition 3, offset 42"
std::string PlaceOf(const FetchedRecord& record);

// The record as it is set aside, with all that its letter keeps of it;
// `bad_key`: its key is what is wrong with it.
RejectedRecord Rejected(const FetchedRecord& record, bool bad_key,
                        absl::Status error);

// Longer records, key and value together, are rejected rather than decoded
// (DESIGN.md, defaults), and letters have but their beginning.
inline constexpr size_t kMaxRecordBytes = 8 << 20;

inline size_t SizeOf(const FetchedRecord& record) {
  return record.key.size() + record.value.size();
}

}  // namespace millrace::kafka
