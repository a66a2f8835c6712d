#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace {

// Where the files of checkpoints lie: a folder, a bucket. Objects are written
// once and never changed; names are paths with '/', unique to what writes them
// (FileNames in manifest.h), so that a Put may be repeated.
//
// Calls block; they are made on an Executor. Thread-safe. Errors:
//   kNotFound            no such object
//   kUnavailable         try again with back-off; a Put may have happened
//   kPermissionDenied, kResourceExhausted   ask a person
class ObjectStore {
 public:
  struct Object {
    std::string name;
    int64_t size_bytes = 0;
  };

  virtual ~ObjectStore() = default;

  // OK: the object is durable and whole. Otherwise it is whole or not there.
  virtual absl::Status Put(const std::string& name,
                           absl::string_view bytes) = 0;
  // The same from a file of this machine, which may afterwards share its bytes
  // with the object (a hard link): it must never be changed.
  virtual absl::Status PutFile(const std::string& name,
                               const std::string& path) = 0;
  // Up to `length` bytes from `offset`.
  virtual absl::StatusOr<std::string> Get(
      const std::string& name, int64_t offset = 0,
      int64_t length = std::numeric_limits<int64_t>::max()) = 0;
  // The object as a file of this machine, replaced if it is there. It may share
  // its bytes with the object: it must never be changed.
  virtual absl::Status GetFile(const std::string& name,
                               const std::string& path) = 0;
  // OK where there is none.
  virtual absl::Status Delete(const std::string& name) = 0;
  // Every object whose name begins with `prefix`, in any order.
  virtual absl::StatusOr<std::vector<Object>> List(
      const std::string& prefix) = 0;
};

}  // namespace millrace
