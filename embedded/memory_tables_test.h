#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/mailbox.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/connector/fixed_split_enumerator.h"

namespace millrace {

// Rows that a test's sink took, from all subtasks.
class CollectedRows {
 public:
  // Any thread.
  void Add(int64_t key, int64_t value) { posted_.Post({key, value}); }

  // (first column, second column) -> how often. The test's thread.
  const std::map<std::pair<int64_t, int64_t>, int>& rows() {
    for (const auto& row : posted_.TakeAll()) ++rows_[row];
    return rows_;
  }

 private:
  Mailbox<std::pair<int64_t, int64_t>> posted_;
  std::map<std::pair<int64_t, int64_t>, int> rows_;
};

// A source of rows (number, number % 'keys') in 'splits' ranges of 'rows' each,
// and a sink into CollectedRows. The option 'fail-at' makes the reader fail at
// that row, 'endless' makes it wait for ever after the last.
class MemoryConnector final : public Connector {
 public:
  explicit MemoryConnector(CollectedRows* collected) : collected_(collected) {}

  static LogicalType Number() { return LogicalType::BigInt().NotNull(); }
  static TableDescriptor Table(std::map<std::string, int64_t> options) {
    TableDescriptor table = {
        .name = "numbers",
        .columns = {{.name = "n", .type = Number()},
                    {.name = "k", .type = Number()}},
        .options = {{"connector", "memory"}}};
    for (const auto& [key, value] : options) {
      table.options[key] = absl::StrCat(value);
    }
    return table;
  }

  const std::vector<OptionSpec>& options() const override { return options_; }
  absl::StatusOr<Capabilities> Describe(const TableDescriptor&) const override {
    return Capabilities{.source = true, .sink = true, .bounded = true};
  }
  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor&, int parallelism) const override {
    return std::make_unique<FixedSplitEnumerator>(parallelism);
  }
  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor& table, int) const override {
    return std::make_unique<Discovery>(OptionOf(table, "splits", 1));
  }
  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest&,
      const ConnectorContext&) const override {
    return std::make_unique<Reader>(table);
  }
  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor&, const ConnectorContext&) const override {
    return std::make_unique<CollectingWriter>(collected_);
  }

 private:
  static int64_t OptionOf(const TableDescriptor& table,
                          const std::string& key, int64_t otherwise) {
    const auto found = table.options.find(key);
    int64_t value = otherwise;
    if (found != table.options.end()) {
      (void)absl::SimpleAtoi(found->second, &value);
    }
    return value;
  }

  class Discovery final : public SplitDiscovery {
   public:
    explicit Discovery(int64_t splits) : splits_(splits) {}
    absl::StatusOr<std::vector<Split>> Discover() override {
      std::vector<Split> splits;
      for (int64_t i = 0; i < splits_; ++i) {
        splits.push_back({absl::StrCat("range-", i), absl::StrCat(i)});
      }
      return splits;
    }

   private:
    const int64_t splits_;
  };

  class Reader final : public SplitReader {
   public:
    explicit Reader(const TableDescriptor& table)
        : rows_(OptionOf(table, "rows", 0)),
          keys_(OptionOf(table, "keys", 1)),
          fail_at_(OptionOf(table, "fail-at", -1)),
          endless_(OptionOf(table, "endless", 0) != 0) {}

    absl::Status AddSplit(const Split& split) override {
      int64_t range = 0;
      (void)absl::SimpleAtoi(split.position, &range);
      open_.push_back({range * rows_, (range + 1) * rows_});
      return absl::OkStatus();
    }

    absl::StatusOr<Poll> Next(uint32_t) override {
      while (turn_ < open_.size() && open_[turn_].ended) ++turn_;
      if (turn_ == open_.size()) return Poll{};
      Range& range = open_[turn_];
      Poll poll{.state = Poll::State::kRows, .split = static_cast<int>(turn_)};
      if (range.next == range.limit) {
        if (endless_) return Poll{.retry_after = absl::InfiniteDuration()};
        range.ended = true;
        poll.state = Poll::State::kEndOfSplit;
        return poll;
      }
      return Fill(range, std::move(poll));
    }

    std::vector<Split> Snapshot() const override { return {}; }

   private:
    static constexpr int64_t kBatchRows = 100;
    struct Range {
      int64_t next;
      int64_t limit;
      bool ended = false;
    };

    absl::StatusOr<Poll> Fill(Range& range, Poll poll) {
      const int64_t count = std::min(kBatchRows, range.limit - range.next);
      auto numbers = std::make_shared<Vector>(PhysicalType::kInt64, count);
      auto keys = std::make_shared<Vector>(PhysicalType::kInt64, count);
      for (int64_t i = 0; i < count; ++i, ++range.next) {
        if (range.next == fail_at_) {
          return absl::UnavailableError("the source broke");
        }
        numbers->data<int64_t>()[i] = range.next;
        keys->data<int64_t>()[i] = range.next % keys_;
      }
      poll.batch.row_count = count;
      poll.batch.columns = {numbers, keys};
      poll.records = count;
      return poll;
    }

    const int64_t rows_;
    const int64_t keys_;
    const int64_t fail_at_;
    const bool endless_;
    std::vector<Range> open_;
    size_t turn_ = 0;
  };

  class CollectingWriter final : public Writer {
   public:
    explicit CollectingWriter(CollectedRows* collected)
        : collected_(collected) {}
    absl::StatusOr<Accepted> Write(const Batch& batch) override {
      batch.selection().ForEach([&](uint32_t row) {
        ++rows_;
        collected_->Add(batch.columns[0]->data<int64_t>()[row],
                        batch.columns[1]->data<int64_t>()[row]);
      });
      return Accepted::kAll;
    }
    absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }
    absl::StatusOr<std::optional<std::string>> Finish() override {
      return absl::StrCat(rows_, " rows");
    }

   private:
    CollectedRows* const collected_;
    int64_t rows_ = 0;
  };

  CollectedRows* const collected_;
  const std::vector<OptionSpec> options_;
};

}  // namespace millrace
