#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Bytes that notice every damage: what manifests and records are written in.
//
//   offset  bytes
//        0      8  magic: what it is, for people and for `file`
//        8      4  version of the body, little endian as all that follows
//       12      8  length of the body
//       20      4  CRC-32C of the body
//       24      4  CRC-32C of bytes 0 to 23
//       28      .  body, and nothing behind it
struct Envelope {
  static constexpr size_t kHeaderBytes = 28;

  // Of eight characters.
  absl::string_view magic;
  uint32_t version = 1;
};

std::string Seal(const Envelope& envelope, absl::string_view body);

// Whether their header says so. What it says may be damaged: Unseal tells.
bool IsSealedAs(const Envelope& envelope, absl::string_view bytes);

// The body, which lies within `bytes`. kDataLoss, naming what is wrong: another
// magic, length, checksum; another version than `envelope`'s.
absl::StatusOr<absl::string_view> Unseal(const Envelope& envelope,
                                         absl::string_view bytes);

}  // namespace millrace
