#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "connectors/kafka/encoded_records.h"

namespace millrace::kafka {

// Keeps records back so that of each key only the last one is sent
// ('sink.buffer-flush.*'). Called by one writer; holds as many records as
// whoever adds them lets come together.
class KeyReducer {
 public:
  // REQUIRES: `records` have keys.
  void Add(const EncodedRecords& records);

  // Records kept, one a key.
  size_t size() const { return last_.size(); }

  // All of them into `records`, in the order in which their keys first came;
  // none is kept.
  void Take(EncodedRecords& records);

 private:
  struct Last {
    size_t place;
    bool tombstone;
    std::string value;
    int64_t timestamp_ms;
  };
  absl::flat_hash_map<std::string, Last> last_;
};

}  // namespace millrace::kafka
