#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "runtime/connector/source.h"

namespace millrace {

// What a message of a topic has beside its value.
struct MessageParts {
  std::optional<std::string> key;
  bool has_value = true;  // False: a tombstone; then Origin::raw is empty.
  bool bad_key = false;   // What cannot be read is its key, else its value.
  int64_t time_ms = -1;   // When it was written; negative: it does not say.
  // Names may come twice; a value may be none.
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};

  friend bool operator==(const MessageParts&, const MessageParts&) = default;
};

// What a dead letter has beside an Origin. It is of no use to any but the
// connector that sets a record aside and who writes its letter, and goes from
// the one to the other with the record's error, as a payload.
struct LetterParts {
  std::optional<MessageParts> message = {};  // Nullopt: the record is none.

  // The record is longer than the limit, and Origin::raw its beginning: what it
  // was (a message's value; a longer key is cut to its first 64 KiB), whole.
  struct Whole {
    int64_t size_bytes = 0;
    uint64_t hash = 0;  // XXH3-64.

    friend bool operator==(const Whole&, const Whole&) = default;
  };
  std::optional<Whole> cut = {};

  friend bool operator==(const LetterParts&, const LetterParts&) = default;
};

// REQUIRES: `error` is one.
void Attach(const LetterParts& parts, absl::Status& error);

// Of an error without them: none of either.
LetterParts LetterPartsOf(const absl::Status& error);

// A record of a dead letter, whole again.
struct LetterRecord {
  Origin origin;
  LetterParts parts = {};

  bool has_value() const {
    return !parts.message || parts.message->has_value;
  }

  // Everything but the origin's text, as bytes that the same version reads:
  //
  //   source, partition, position, raw, "1" where it is a message, key, "1"
  //   where it has a value, "1" where its key is bad, its time, the whole one's
  //   size and hash, how many headers, of each its name and value
  //
  // where each is "<length>:" and so many bytes, or "-:" where it is not there,
  // and numbers are written in decimals.
  std::string ToBytes() const;
  // nullopt: they are not such bytes.
  static std::optional<LetterRecord> FromBytes(absl::string_view bytes);

  friend bool operator==(const LetterRecord& a, const LetterRecord& b) {
    return a.origin.raw == b.origin.raw && a.origin.source == b.origin.source &&
           a.origin.partition == b.origin.partition &&
           a.origin.position == b.origin.position && a.parts == b.parts;
  }
};

}  // namespace millrace
