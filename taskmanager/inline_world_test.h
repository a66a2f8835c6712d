#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/base/executor.h"
#include "state/storage/object_store.h"

namespace millrace {

// Everything of a snapshot fits into its manifest here.
class NoStore final : public ObjectStore {
 public:
  absl::Status Put(const std::string&, absl::string_view) override {
    return absl::InternalError("a file");
  }
  absl::Status PutFile(const std::string&, const std::string&) override {
    return absl::InternalError("a file");
  }
  absl::StatusOr<std::string> Get(const std::string& name, int64_t,
                                  int64_t) override {
    return absl::NotFoundError(name);
  }
  absl::Status GetFile(const std::string&, const std::string&) override {
    return absl::InternalError("a file");
  }
  absl::Status Delete(const std::string&) override {
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<Object>> List(const std::string&) override {
    return std::vector<Object>();
  }
};

class InlineExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override { work(); }
};

}  // namespace millrace
