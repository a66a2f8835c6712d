#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/worker/tasklet.h"

// State whose snapshots are text that a test can read, and a log of what
// happens to them. Of one thread.
namespace millrace::tasklet_checkpoint_test {

// Runs what was posted when the test says so.
class LaterExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    posted.push_back(std::move(work));
  }
  void RunAll() {
    for (const auto& work : std::exchange(posted, {})) work();
  }
  std::vector<std::function<void()>> posted;
};

// What its backends told and were told, in order.
struct Log {
  std::vector<std::string> lines;
  bool settled = true;
  bool uploads_fail = false;
  uint32_t rest = 0;  // Entries that each barrier leaves to be written.
  bool tells_ends = false;  // Whether operators and writers log theirs.

  std::vector<std::string> Take() { return std::exchange(lines, {}); }
};

// Writes lists as text: "name=item,item".
class TextWriter final : public SnapshotWriter {
 public:
  TextWriter(CheckpointId checkpoint, Log* log)
      : checkpoint(checkpoint), rest(log->rest), log_(log) {}
  ~TextWriter() override {
    if (log_->tells_ends) log_->lines.push_back(absl::StrCat(rest, " left"));
  }
  absl::Status BeginState(const StateSchema&) override { return {}; }
  absl::Status Entry(KeyGroup, absl::string_view, absl::string_view) override {
    return {};
  }
  absl::Status OperatorState(absl::string_view name, Redistribution,
                             const std::vector<std::string>& items) override {
    text.push_back(absl::StrCat(name, "=", absl::StrJoin(items, ",")));
    return absl::OkStatus();
  }
  absl::StatusOr<bool> WriteRest(uint32_t limit) override {
    rest -= std::min(limit, rest);
    return rest == 0;
  }
  const CheckpointId checkpoint;
  uint32_t rest;
  std::vector<std::string> text;

 private:
  Log* const log_;
};

class TextBackend final : public OperatorBackend {
 public:
  TextBackend(std::string name, Log* log) : name_(std::move(name)), log_(log) {}
  std::unique_ptr<SnapshotWriter> BeginSnapshot(CheckpointId id) override {
    return std::make_unique<TextWriter>(id, log_);
  }
  absl::StatusOr<Upload> Freeze(
      std::unique_ptr<SnapshotWriter> writer) override {
    const auto& text = static_cast<TextWriter&>(*writer).text;
    OperatorSnapshot snapshot = {
        .uid = absl::StrCat(name_, "(", absl::StrJoin(text, " "), ")")};
    return Upload([snapshot, log = log_]() -> absl::StatusOr<OperatorSnapshot> {
      if (log->uploads_fail) return absl::UnavailableError("away");
      return snapshot;
    });
  }
  void OnComplete(CheckpointId id) override {
    log_->lines.push_back(absl::StrCat(name_, " completes ", id.value()));
  }
  void OnAbort(CheckpointId id) override {
    log_->lines.push_back(absl::StrCat(name_, " aborts ", id.value()));
  }
  StateStore* StoreFor(const StateSchema&) override { return nullptr; }
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Restore(
      std::vector<OperatorSnapshot>) override {
    return nullptr;
  }

 private:
  const std::string name_;
  Log* const log_;
};

}  // namespace millrace::tasklet_checkpoint_test
