#include "runtime/operators/operator_harness.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/operators/row_text.h"
#include "state/memory_snapshot.h"

namespace millrace {
namespace {

// Takes one batch until it is emptied.
class NarrowOutput final : public Output {
 public:
  explicit NarrowOutput(const std::vector<LogicalType>& types)
      : types_(types) {}

  bool HasRoom() const override { return !full_; }
  absl::Status Emit(Batch batch) override {
    MILLRACE_CHECK(!full_);
    MILLRACE_CHECK(batch.row_count <= kMaxBatchRows);
    full_ = true;
    for (std::string& row : RowTexts(batch, types_)) {
      rows_.push_back(std::move(row));
    }
    return absl::OkStatus();
  }

  void Drain() { full_ = false; }
  std::vector<std::string> TakeRows() { return std::exchange(rows_, {}); }

 private:
  const std::vector<LogicalType>& types_;
  bool full_ = false;
  std::vector<std::string> rows_;
};

// A changelog's rows folded into the table it makes, by key.
using Table = std::map<std::string, std::string>;

void Fold(const std::vector<std::string>& changes, const std::vector<int>& key,
          Table& table) {
  for (const std::string& change : changes) {
    const std::string row = change.substr(3);
    const std::vector<std::string> cells = absl::StrSplit(row, ", ");
    std::string key_text;
    for (const int column : key) absl::StrAppend(&key_text, cells[column], ",");
    const absl::string_view kind = absl::string_view(change).substr(0, 2);
    if (kind == "+I" || kind == "+U") table[key_text] = row;
    if (kind == "-D") table.erase(key_text);
  }
}

// The row alone, or as the second of three, the others not selected.
Batch BatchOfRows(const std::vector<LogicalType>& types,
                  const std::vector<std::string>& texts, bool among_others) {
  std::vector<std::vector<Value>> rows;
  std::vector<RowKind> kinds;
  bool only_inserts = true;
  for (const std::string& text : texts) {
    TextRow row = ParseRow(text, types);
    rows.push_back(std::move(row.values));
    kinds.push_back(row.kind);
    only_inserts &= row.kind == RowKind::kInsert;
  }
  if (among_others) {
    const std::vector<Value> nulls(types.size());
    rows = {nulls, rows[0], nulls};
    kinds = {kinds[0], kinds[0], kinds[0]};
  }
  Batch batch = BatchOf(types, rows, only_inserts ? std::vector<RowKind>()
                                                  : kinds);
  if (among_others) {
    batch.selected =
        std::make_shared<std::vector<uint32_t>>(std::vector<uint32_t>{1});
  }
  return batch;
}

std::string Lines(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  return absl::StrJoin(rows, "\n");
}

}  // namespace

// One pass over the steps in one mode.
class OperatorHarness::Run {
 public:
  Run(const Options& options, Mode mode)
      : options_(options),
        mode_(mode),
        clock_(absl::UnixEpoch()),
        metrics_("test", {}),
        output_(options.output) {
    MakeOperator();
  }

  // Empty, or what differed.
  std::string Take(const Step& step) {
    if (step.kind == Step::Kind::kExpect) return Compare(step.rows);
    if (step.kind == Step::Kind::kError) {
      const bool as_expected =
          !status_.ok() && absl::StrContains(status_.message(), step.text);
      const std::string got = status_.ToString();
      status_ = absl::OkStatus();
      return as_expected ? "" : absl::StrCat("error: ", got);
    }
    if (!status_.ok()) return status_.ToString();
    status_ = Drive(step);
    if (status_.ok() && mode_ >= Mode::kSnapshot) status_ = SnapshotOnce();
    return "";
  }

  std::string Finish() {
    if (!status_.ok()) return status_.ToString();
    return Compare({});
  }

  int64_t Metric(absl::string_view name) const {
    for (const auto& sample : metrics_.Read()) {
      if (absl::EndsWith(sample.name, name)) {
        return static_cast<int64_t>(sample.value);
      }
    }
    return -1;
  }

 private:
  void MakeOperator() {
    context_ = {.name = "test", .clock = &clock_, .memory = &memory_,
                .metrics = &metrics_};
    auto made = options_.make(context_);
    status_ = made.status();
    if (made.ok()) operator_ = *std::move(made);
  }

  absl::Status Drive(const Step& step) {
    switch (step.kind) {
      case Step::Kind::kRows: return DriveRows(step.rows);
      case Step::Kind::kWatermark:
        return UntilDone([&] {
          return operator_->Advance(step.time_ms, output_);
        });
      case Step::Kind::kTime:
        clock_.AdvanceBy(absl::FromUnixMillis(step.time_ms) - clock_.Now());
        if (operator_->NextTimer() > step.time_ms) return absl::OkStatus();
        return UntilDone([&] {
          return operator_->Fire(step.time_ms, output_);
        });
      case Step::Kind::kEnd:
        return UntilDone([&] { return operator_->EndInput(output_); });
      default: return absl::OkStatus();
    }
  }

  absl::Status DriveRows(const std::vector<std::string>& rows) {
    if (mode_ != Mode::kRows) {
      const Batch batch = BatchOfRows(options_.input, rows, false);
      return UntilDone([&] { return operator_->Process(0, batch, output_); });
    }
    for (const std::string& row : rows) {
      const Batch batch = BatchOfRows(options_.input, {row}, true);
      RETURN_IF_ERROR(UntilDone(
          [&] { return operator_->Process(0, batch, output_); }));
    }
    return absl::OkStatus();
  }

  template <typename Call>
  absl::Status UntilDone(Call call) {
    for (;;) {
      ASSIGN_OR_RETURN(const Progress progress, call());
      output_.Drain();
      if (progress == Progress::kDone) return absl::OkStatus();
    }
  }

  absl::Status SnapshotOnce() {
    if (mode_ == Mode::kChanges) return AddChanges();
    MemorySnapshot snapshot;
    RETURN_IF_ERROR(operator_->Snapshot(snapshot));
    if (mode_ == Mode::kSnapshot) return absl::OkStatus();
    return RestoreFrom(snapshot);
  }

  absl::Status AddChanges() {
    MemorySnapshot changes(snapshot_count_ == 0
                               ? SnapshotWriter::Extent::kAll
                               : SnapshotWriter::Extent::kChanges);
    RETURN_IF_ERROR(operator_->Snapshot(changes));
    all_changes_.Add(changes);
    MemorySnapshot whole;
    RETURN_IF_ERROR(operator_->Snapshot(whole));
    if (all_changes_.Text() != whole.Text()) {
      return absl::InternalError(
          absl::StrCat("the changes make the state\n", all_changes_.Text(),
                       "which is\n", whole.Text()));
    }
    if (++snapshot_count_ % 2 == 1) return absl::OkStatus();
    return RestoreFrom(all_changes_);
  }

  absl::Status RestoreFrom(const MemorySnapshot& snapshot) {
    operator_.reset();
    MakeOperator();
    RETURN_IF_ERROR(status_);
    const auto reader = snapshot.Read(
        {.range = {KeyGroup(0), KeyGroup(context_.max_parallelism)}});
    return operator_->Restore(*reader);
  }

  std::string Compare(const std::vector<std::string>& expected) {
    const std::vector<std::string> actual = output_.TakeRows();
    if (options_.changelog_key) {
      Fold(expected, *options_.changelog_key, expected_table_);
      Fold(actual, *options_.changelog_key, actual_table_);
      if (expected_table_ != actual_table_) {
        return absl::StrCat("another table after\n",
                            absl::StrJoin(actual, "\n"));
      }
      if (mode_ == Mode::kRows) return "";
    }
    if (Lines(actual) == Lines(expected)) return "";
    return absl::StrCat("expected\n", Lines(expected), "\ngot\n",
                        Lines(actual));
  }

  const Options& options_;
  const Mode mode_;
  ManualClock clock_;
  MemoryBudget memory_{int64_t{1} << 30};
  MetricGroup metrics_;
  OperatorContext context_;
  std::unique_ptr<Operator> operator_;
  MemorySnapshot all_changes_;
  int snapshot_count_ = 0;
  NarrowOutput output_;
  absl::Status status_;
  Table expected_table_;
  Table actual_table_;
};

OperatorHarness::OperatorHarness(Options options)
    : options_(std::move(options)) {}

OperatorHarness& OperatorHarness::Rows(std::vector<std::string> rows) {
  steps_.push_back({.kind = Step::Kind::kRows, .rows = std::move(rows)});
  return *this;
}

OperatorHarness& OperatorHarness::Watermark(int64_t watermark_ms) {
  steps_.push_back({.kind = Step::Kind::kWatermark, .time_ms = watermark_ms});
  return *this;
}

OperatorHarness& OperatorHarness::Time(int64_t now_ms) {
  steps_.push_back({.kind = Step::Kind::kTime, .time_ms = now_ms});
  return *this;
}

OperatorHarness& OperatorHarness::EndInput() {
  steps_.push_back({.kind = Step::Kind::kEnd});
  return *this;
}

OperatorHarness& OperatorHarness::Expect(std::vector<std::string> rows) {
  steps_.push_back({.kind = Step::Kind::kExpect, .rows = std::move(rows)});
  return *this;
}

OperatorHarness& OperatorHarness::ExpectError(std::string text) {
  steps_.push_back({.kind = Step::Kind::kError, .text = std::move(text)});
  return *this;
}

absl::string_view OperatorHarness::NameOf(Mode mode) {
  constexpr absl::string_view kNames[] = {"batch", "rows", "snapshot",
                                          "restore", "changes"};
  return kNames[static_cast<int>(mode)];
}

std::string OperatorHarness::Difference() const {
  for (const Mode mode : {Mode::kBatch, Mode::kRows, Mode::kSnapshot,
                          Mode::kRestore, Mode::kChanges}) {
    if (mode == Mode::kRows && !options_.by_rows) continue;
    Run run(options_, mode);
    std::string difference;
    for (size_t i = 0; i < steps_.size() && difference.empty(); ++i) {
      difference = run.Take(steps_[i]);
      if (!difference.empty()) {
        return absl::StrCat("mode ", NameOf(mode), ", step ", i, ": ",
                            difference);
      }
    }
    difference = run.Finish();
    if (!difference.empty()) {
      return absl::StrCat("mode ", NameOf(mode), ", at the end: ", difference);
    }
  }
  return "";
}

int64_t OperatorHarness::Metric(absl::string_view name) const {
  Run run(options_, Mode::kBatch);
  for (const Step& step : steps_) run.Take(step);
  return run.Metric(name);
}

}  // namespace millrace
