#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/strong_int.h"
#include "state/kv_store.h"

namespace millrace {

// The way of runs into one KvStore, and the checkpoints that are made of it.
//
// Runs go in in the order in which they were pushed. Behind the run of a
// checkpoint stands its barrier: no later run goes in until the checkpoint is
// linked or abandoned, so that a link holds what was frozen and nothing newer.
// Reads see every run that was pushed, whether it is in the store yet or not.
//
// Push, Abandon and the counts are the worker's and never wait for the disk;
// the rest blocks and runs on an Executor. Thread-safe.
class StorePipeline {
 public:
  // `open` makes the store, when it is first needed.
  using Opener = std::function<absl::StatusOr<std::unique_ptr<KvStore>>()>;
  explicit StorePipeline(Opener open) : open_(std::move(open)) {}

  void Push(std::unique_ptr<StoreRun> run);
  void PushBarrier(CheckpointId checkpoint);
  // Takes the barrier away. Nothing happens when it is gone.
  void Abandon(CheckpointId checkpoint);
  // Of the runs that are not in the store yet.
  int64_t waiting_bytes() const;
  // Whether anything was ever pushed, or adopted.
  bool is_used() const { return is_used_; }
  void MarkUsed() { is_used_ = true; }

  // Writes what no barrier holds back. What fails stays to be written again.
  absl::Status Drain();
  // How the last Drain or Link ended.
  absl::Status write_status() const;
  // Writes what is before the barrier of `checkpoint`, links (KvStore::Link),
  // takes the barrier away and writes on. Barriers before it are taken away:
  // their checkpoints come too late. kAborted: there is no such barrier.
  absl::StatusOr<std::vector<KvStore::File>> Link(CheckpointId checkpoint,
                                                  const std::string& directory);

  // values[i] = what there is under keys[i], which are sorted.
  absl::Status Read(std::span<const absl::string_view> keys,
                    std::vector<std::optional<std::string>>& values);
  // Every entry whose key begins with `prefix`, in key order.
  absl::Status ReadPrefix(
      absl::string_view prefix,
      std::vector<std::pair<std::string, std::string>>& entries);
  // As KvStore::Scan, of what is in the store.
  absl::Status Scan(
      absl::string_view first, absl::string_view limit,
      absl::FunctionRef<absl::Status(absl::string_view, absl::string_view)>
          visit);

 private:
  struct Item {
    // One of the two.
    std::unique_ptr<StoreRun> run;
    std::optional<CheckpointId> barrier;
    absl::once_flag sealed;
  };

  absl::StatusOr<KvStore*> Store();
  std::shared_ptr<Item> Front() const;
  // Sealed, oldest first.
  std::vector<std::shared_ptr<Item>> WaitingRuns() const;
  void Pop(const std::shared_ptr<Item>& front);
  // Writes runs up to the first barrier, which it returns, or to the end, and
  // notes how that went.
  absl::StatusOr<std::optional<CheckpointId>> WriteToBarrier()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);
  absl::StatusOr<std::optional<CheckpointId>> WriteRuns()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);

  const Opener open_;
  bool is_used_ = false;

  // One writes at a time, and holds this while it does.
  absl::Mutex write_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  absl::Mutex open_mutex_;
  std::unique_ptr<KvStore> store_ ABSL_GUARDED_BY(open_mutex_);

  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<Item>> items_ ABSL_GUARDED_BY(mutex_);
  int64_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status write_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace millrace
