#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/published.h"
#include "state/storage/ha_store.h"
#include "state/storage/object_store.h"

namespace millrace {

// Records of which the test says which cannot be written for a while.
class GatedRecords final : public HaStore {
 public:
  explicit GatedRecords(HaStore* under) : under_(under) {}

  // Those whose names begin so; empty: none.
  void Refuse(std::string prefix) {
    refused_.Set(std::make_shared<const std::string>(std::move(prefix)));
  }
  // The same, but what they are answered with is that nobody knows.
  void Doubt(std::string prefix) {
    doubted_.Set(std::make_shared<const std::string>(std::move(prefix)));
  }
  // How many were doubted since this was asked last.
  size_t TakeDoubts() { return doubts_.TakeAll().size(); }

  absl::StatusOr<std::optional<Record>> Read(const std::string& name) override {
    return under_->Read(name);
  }
  absl::StatusOr<int64_t> CompareAndSwap(const std::string& name,
                                         int64_t expected,
                                         absl::string_view value) override {
    const std::string refused = *refused_.Get();
    if (!refused.empty() && absl::StartsWith(name, refused)) {
      return absl::UnavailableError("refused");
    }
    const std::string doubted = *doubted_.Get();
    if (!doubted.empty() && absl::StartsWith(name, doubted)) {
      doubts_.Post(true);
      return absl::UnknownError("nobody knows");
    }
    return under_->CompareAndSwap(name, expected, value);
  }
  absl::Status CompareAndDelete(const std::string& name,
                                int64_t expected) override {
    return under_->CompareAndDelete(name, expected);
  }

 private:
  HaStore* const under_;
  Published<std::string> refused_{std::make_shared<const std::string>()};
  Published<std::string> doubted_{std::make_shared<const std::string>()};
  Mailbox<bool> doubts_{[] {}};
};

// Plans that cannot be read for a while.
class GatedPlans final : public ObjectStore {
 public:
  explicit GatedPlans(ObjectStore* under) : under_(under) {}

  void Refuse(bool refuse) {
    refuse_.Set(std::make_shared<const bool>(refuse));
  }
  // Since this was asked last.
  bool WasRefused() { return !refusals_.TakeAll().empty(); }

  absl::StatusOr<std::string> Get(const std::string& name, int64_t offset,
                                  int64_t length) override {
    if (!*refuse_.Get()) return under_->Get(name, offset, length);
    refusals_.Post(true);
    return absl::UnavailableError("refused");
  }
  absl::Status Put(const std::string& name, absl::string_view bytes) override {
    return under_->Put(name, bytes);
  }
  absl::Status PutFile(const std::string& name,
                       const std::string& path) override {
    return under_->PutFile(name, path);
  }
  absl::Status GetFile(const std::string& name,
                       const std::string& path) override {
    return under_->GetFile(name, path);
  }
  absl::Status Delete(const std::string& name) override {
    return under_->Delete(name);
  }
  absl::StatusOr<std::vector<Object>> List(const std::string& prefix) override {
    return under_->List(prefix);
  }

 private:
  ObjectStore* const under_;
  Published<bool> refuse_{std::make_shared<const bool>(false)};
  Mailbox<bool> refusals_{[] {}};
};

}  // namespace millrace
