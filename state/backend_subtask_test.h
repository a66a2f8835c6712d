#pragma once

#include <unistd.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/hash.h"
#include "runtime/base/posix_disk.h"
#include "state/operator_backend.h"

// An operator's state on a backend, and a folder for it.
namespace millrace::backend_subtask_test {

inline constexpr int kMaxParallelism = 16;
inline const StateSchema kSchema = {.id = 1, .name = "numbers", .version = 1,
                                    .key_type = "STRING",
                                    .value_type = "STRING"};

inline KeyGroup GroupOf(absl::string_view key) {
  return KeyGroup(KeyGroupOf(HashBytes(key), kMaxParallelism));
}

// What one subtask's operator remembers, and what of it is new.
struct Subtask {
  void Put(const std::string& key, const std::string& value) {
    entries[key] = value;
    changed.insert(key);
  }
  void Erase(const std::string& key) {
    if (entries.erase(key) > 0) changed.insert(key);
  }
  void Drop(const std::string& prefix) {
    std::erase_if(entries, [&](const auto& entry) {
      return absl::StartsWith(entry.first, prefix);
    });
    std::erase_if(changed, [&](const std::string& key) {
      return absl::StartsWith(key, prefix);
    });
    dropped.insert(prefix);
  }
  void Write(SnapshotWriter& writer) {
    EXPECT_TRUE(writer.BeginState(kSchema).ok());
    const bool all = writer.extent() == SnapshotWriter::Extent::kAll;
    for (const auto& prefix : dropped) {
      if (all) break;
      EXPECT_TRUE(writer.DropPrefix(prefix).ok());
    }
    for (int group = 0; group < kMaxParallelism; ++group) {
      for (const auto& [key, value] : entries) {
        if (GroupOf(key) == KeyGroup(group) && (all || changed.contains(key))) {
          EXPECT_TRUE(writer.Entry(KeyGroup(group), key, value).ok());
        }
      }
      for (const auto& key : changed) {
        if (!all && !entries.contains(key) && GroupOf(key) == KeyGroup(group)) {
          EXPECT_TRUE(writer.Erased(KeyGroup(group), key).ok());
        }
      }
    }
    changed.clear();
    dropped.clear();
  }

  std::unique_ptr<OperatorBackend> backend;
  std::map<std::string, std::string> entries;
  std::set<std::string> changed;
  std::set<std::string> dropped;
};

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(absl::StrCat(testing::TempDir(), "/rocksdb_backend_", getpid())) {
    Remove();
  }
  ~TemporaryFolder() { Remove(); }
  const std::string& path() const { return path_; }

 private:
  void Remove() {
    PosixDisk disk;
    EXPECT_TRUE(RemoveTree(disk, path_).ok());
  }
  const std::string path_;
};

}  // namespace millrace::backend_subtask_test
