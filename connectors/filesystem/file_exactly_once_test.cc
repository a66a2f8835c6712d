#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/formats/csv_format.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "tests/sim/storage/sim_disk.h"

namespace millrace {
namespace {

using ::testing::IsEmpty;
using Type = LogicalType;

class InlineExecutor final : public Executor {
  void Post(std::function<void()> work) override { work(); }
};

constexpr int kSubtasks = 2;
constexpr int kRows = 24;
constexpr int kRowsPerCheckpoint = 4;

// What a master keeps of a job: its last completed checkpoint.
struct Checkpoint {
  int64_t id = 0;
  int rows = 0;  // Read by then.
  std::vector<std::vector<Committable>> pending;  // By subtask.
  std::vector<std::vector<std::string>> open;
};

// One attempt of a job that reads rows 0, 1, 2, ... and writes row r by subtask
// r modulo two into partition p = r / 8, until an error ends it.
class Attempt {
 public:
  Attempt(const Connector& connector, const TableDescriptor& table,
          SimDisk* disk, const Clock* clock, int64_t number)
      : number_(number) {
    for (int i = 0; i < kSubtasks; ++i) {
      contexts_.push_back({.job_id = "job",
                           .attempt = number,
                           .subtask = i,
                           .parallelism = kSubtasks,
                           .clock = clock,
                           .background = &executor_,
                           .disk = disk,
                           .wake = [] {}});
    }
    connector_ = &connector;
    table_ = &table;
  }

  // `last` is what it is restored from, where it has an id, and what completed
  // in the end.
  absl::Status Run(Checkpoint& last) {
    RETURN_IF_ERROR(Begin(last));
    for (int row = last.rows; row < kRows; ++row) {
      RETURN_IF_ERROR(Write(row));
      if ((row + 1) % kRowsPerCheckpoint == 0 && row + 1 < kRows) {
        RETURN_IF_ERROR(Take(last, row + 1));
      }
    }
    for (auto& writer : writers_) writer->EndInput();
    return Take(last, kRows);
  }

 private:
  absl::Status Begin(const Checkpoint& last) {
    pending_.resize(kSubtasks);
    for (int i = 0; i < kSubtasks; ++i) {
      ASSIGN_OR_RETURN(auto writer,
                       connector_->MakeWriter(*table_, contexts_[i]));
      writers_.push_back(std::move(writer));
      ASSIGN_OR_RETURN(auto committer,
                       connector_->MakeCommitter(*table_, contexts_[i]));
      committers_.push_back(std::move(committer));
    }
    // Another subtask than the one that wrote gets it, as after a rescale.
    for (int i = 0; last.id > 0 && i < kSubtasks; ++i) {
      const int from = (i + number_) % kSubtasks;
      RETURN_IF_ERROR(writers_[i]->Restore(last.open[from]));
      RETURN_IF_ERROR(committers_[i]->Commit(last.pending[from]));
    }
    return absl::OkStatus();
  }

  absl::Status Write(int row) {
    const std::vector<Type> types = {Type::BigInt(), Type::String()};
    const std::vector<std::vector<Value>> rows = {
        {Value::Int(row), Value::Text(absl::StrCat(row / 8))}};
    return writers_[row % kSubtasks]->Write(BatchOf(types, rows)).status();
  }

  // Every other checkpoint is given up: its output belongs to the next.
  absl::Status Take(Checkpoint& last, int rows) {
    Checkpoint next = {.id = number_ * 1000 + rows, .rows = rows};
    for (int i = 0; i < kSubtasks; ++i) {
      ASSIGN_OR_RETURN(const auto flushed, writers_[i]->Flush());
      EXPECT_EQ(flushed, Writer::Accepted::kAll);
      ASSIGN_OR_RETURN(auto sealed, writers_[i]->Seal(CheckpointId(next.id)));
      pending_[i].insert(pending_[i].end(), sealed.committables.begin(),
                         sealed.committables.end());
      next.open.push_back(std::move(sealed.open));
    }
    if (rows % (2 * kRowsPerCheckpoint) != 0 && rows != kRows) {
      return absl::OkStatus();
    }
    next.pending = pending_;
    last = next;
    for (int i = 0; i < kSubtasks; ++i) {
      RETURN_IF_ERROR(committers_[i]->Commit(pending_[i]));
      pending_[i].clear();
    }
    return absl::OkStatus();
  }

  const int64_t number_;
  InlineExecutor executor_;
  const Connector* connector_;
  const TableDescriptor* table_;
  std::vector<ConnectorContext> contexts_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::vector<std::unique_ptr<Committer>> committers_;
  std::vector<std::vector<Committable>> pending_;
};

class FileExactlyOnceTest : public ::testing::Test {
 protected:
  FileExactlyOnceTest() : clock_(absl::FromUnixSeconds(1'000'000)) {
    RegisterCsvFormat(registry_);
    RegisterFilesystemConnector(registry_);
    table_ = {.name = "t",
              .columns = {{.name = "a", .type = Type::BigInt()},
                          {.name = "p", .type = Type::String()}},
              .partition_keys = {"p"},
              .options = {{"connector", "filesystem"},
                          {"path", "/out"},
                          {"format", "csv"},
                          {"sink.partition-commit.policy.kind",
                           "success-file"},
                          {"sink.partition-commit.delay", "0 s"}}};
  }

  absl::Status RunAttempt(SimDisk& disk, int64_t number, Checkpoint& last) {
    clock_.AdvanceBy(absl::Milliseconds(400));
    return Attempt(**registry_.Find("filesystem"), table_, &disk, &clock_,
                   number)
        .Run(last);
  }

  // How often each row can be read, by partition; hidden files are not read.
  struct Visible {
    std::map<std::string, std::multiset<int>> rows;
    std::set<std::string> marked;
    int staged = 0;
  };
  static Visible Look(SimDisk& disk, const std::string& folder = "/out") {
    Visible visible;
    Walk(disk, folder, /*hidden=*/false, visible);
    return visible;
  }
  static void Walk(SimDisk& disk, const std::string& folder, bool hidden,
                   Visible& visible) {
    const auto entries = disk.List(folder);
    for (const Disk::Entry& entry : *entries) {
      const std::string path = absl::StrCat(folder, "/", entry.name);
      const bool staged = hidden || entry.name[0] == '.';
      if (entry.is_directory) {
        Walk(disk, path, staged, visible);
      } else if (staged) {
        ++visible.staged;
      } else if (entry.name == "_SUCCESS") {
        visible.marked.insert(folder);
      } else {
        const auto text = disk.Read(path, 0, INT64_MAX);
        for (const absl::string_view line :
             absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
          int row = -1;
          EXPECT_TRUE(absl::SimpleAtoi(line, &row)) << path << ": " << line;
          visible.rows[folder].insert(row);
        }
      }
    }
  }

  static void ExpectEveryRowOnce(SimDisk& disk) {
    const Visible visible = Look(disk);
    for (int p = 0; p < kRows / 8; ++p) {
      const std::string folder = absl::StrCat("/out/p=", p);
      std::multiset<int> expected;
      for (int row = p * 8; row < p * 8 + 8; ++row) expected.insert(row);
      const auto found = visible.rows.find(folder);
      ASSERT_NE(found, visible.rows.end()) << folder;
      EXPECT_EQ(found->second, expected) << folder;
      EXPECT_TRUE(visible.marked.contains(folder)) << folder;
    }
    EXPECT_EQ(visible.staged, 0);
  }

  // Nothing is visible that its checkpoint did not complete, and a marked
  // partition has all rows that were read by then.
  static void ExpectNothingTooEarly(SimDisk& disk, const Checkpoint& last) {
    const Visible visible = Look(disk);
    for (const auto& [folder, rows] : visible.rows) {
      for (const int row : rows) {
        EXPECT_LT(row, last.rows) << folder;
        EXPECT_EQ(rows.count(row), 1u) << folder << " row " << row;
      }
    }
    // The first checkpoint to complete with rows of a partition has all eight.
    for (const std::string& folder : visible.marked) {
      const auto rows = visible.rows.find(folder);
      ASSERT_NE(rows, visible.rows.end()) << folder;
      EXPECT_EQ(rows->second.size(), 8u) << folder;
    }
  }

  ManualClock clock_;
  ConnectorRegistry registry_;
  TableDescriptor table_;
};

TEST_F(FileExactlyOnceTest, WritesEveryRowWithoutFaults) {
  SimDisk disk(1);
  Checkpoint last;
  const absl::Status run = RunAttempt(disk, 1, last);
  ASSERT_TRUE(run.ok()) << run;
  ExpectEveryRowOnce(disk);
}

// The machine ends before each of its changes of the disk in turn, by a kill
// and by a power cut; the next attempt too, somewhere.
TEST_F(FileExactlyOnceTest, SurvivesAnEndAtEveryMoment) {
  for (const bool power_cut : {false, true}) {
    bool stopped = true;
    for (int nth = 1; stopped; ++nth) {
      SCOPED_TRACE(absl::StrCat(power_cut ? "power cut " : "kill ", nth));
      SimDisk disk(nth);
      Checkpoint last;
      disk.StopBefore(nth);
      stopped = !RunAttempt(disk, 1, last).ok();
      power_cut ? disk.PowerCut() : disk.Kill();
      if (stopped) ExpectNothingTooEarly(disk, last);
      disk.StopBefore(1 + nth * 7 % 40);
      if (last.rows < kRows || stopped) {
        RunAttempt(disk, 2, last).IgnoreError();
      }
      power_cut ? disk.PowerCut() : disk.Kill();
      const absl::Status run = RunAttempt(disk, 3, last);
      ASSERT_TRUE(run.ok()) << run;
      ExpectEveryRowOnce(disk);
      if (HasFailure()) return;
    }
  }
}

TEST_F(FileExactlyOnceTest, SurvivesAnErrorOfEveryCall) {
  for (const auto code : {absl::StatusCode::kUnavailable,
                          absl::StatusCode::kResourceExhausted}) {
    bool failed = true;
    for (int nth = 1; failed; ++nth) {
      SCOPED_TRACE(absl::StrCat(absl::StatusCodeToString(code), " ", nth));
      SimDisk disk(nth);
      Checkpoint last;
      disk.FailChange(nth, code);
      const absl::Status ended = RunAttempt(disk, 1, last);
      failed = !ended.ok();
      if (failed) {
        EXPECT_THAT(std::string(ended.message()),
                    ::testing::HasSubstr("cannot write"));
        const absl::Status run = RunAttempt(disk, 2, last);
        ASSERT_TRUE(run.ok()) << run;
      }
      ExpectEveryRowOnce(disk);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace millrace
