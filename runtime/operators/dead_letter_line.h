#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/connector/source.h"

namespace millrace {

// A quarantined record as the default place keeps it, a line of JSON without
// its end:
//
//   {"time":"2026-01-02T03:04:05.678Z","job":"q0","attempt":0,
//    "operator":"Source: bids[1]","code":"SRC-0012","message":"...",
//    "origin":"bids.json, byte 1234","source":"bids.json","position":1234,
//    "raw_base64":"eyJ...","raw_text":"{..."}
//
// Of a message of a topic there are more before "raw_base64", which is null
// where it has no value:
//
//    "partition":0,"bad_part":"value","record_time":1767322445678,
//    "key_base64":"azE=","headers":[["trace","MTI="],["none",null]]
//
// and of a record that is longer than the limit `raw_base64` has the beginning,
// and behind it stand length and XXH3-64 of all of it (a message's value):
//
//    "raw_size":9000000,"raw_hash":"0123456789abcdef"
//
// A row on which an expression failed has other fields behind `message`:
//
//    "expression":"q = (a / b)","row":{"a":6,"b":0}}
//
// `raw_text` stands only where the record is valid UTF-8, and not much longer
// than a person reads.
struct DeadLetterPlace {
  absl::string_view job;
  int64_t attempt = 0;
  absl::string_view op;  // For people: "Source: bids[1]".
};

std::string DeadLetterLine(const DeadLetterPlace& place,
                           const RejectedRecord& record, absl::Time now);

}  // namespace millrace
