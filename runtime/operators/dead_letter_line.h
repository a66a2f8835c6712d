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
//    "origin":"bids.json, byte 1234","raw_base64":"eyJ...","raw_text":"{..."}
//
// and a row on which an expression failed, with other fields behind `message`:
//
//    "expression":"q = (a / b)","row":{"a":6,"b":0}}
//
// `raw_text` stands only where the record is valid UTF-8.
struct DeadLetterPlace {
  absl::string_view job;
  int64_t attempt = 0;
  absl::string_view op;  // For people: "Source: bids[1]".
};

std::string DeadLetterLine(const DeadLetterPlace& place,
                           const RejectedRecord& record, absl::Time now);

}  // namespace millrace
