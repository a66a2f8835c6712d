#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/options.h"
#include "tests/sim/sim_connector.h"

namespace millrace::sim {
namespace {

int64_t OptionOf(const TableDescriptor& table, const std::string& key) {
  int64_t value = 1;
  const auto found = table.options.find(key);
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
      splits.push_back({absl::StrCat(i), "0"});
    }
    return splits;
  }

 private:
  const int64_t splits_;
};

// Gives out each split once: all at the first discovery, or one to each reader
// that asks. A snapshot names those that are still here.
class Enumerator final : public SplitEnumerator {
 public:
  Enumerator(int parallelism, bool one_by_one)
      : idle_(parallelism, !one_by_one), one_by_one_(one_by_one) {}

  Actions OnDiscovered(std::vector<Split> splits) override {
    discovered_ = true;
    for (Split& split : splits) {
      if (seen_.insert(split.id).second) waiting_.push_back(std::move(split));
    }
    return Deal();
  }
  Actions OnRequest(int subtask) override {
    idle_[subtask] = true;
    return Deal();
  }
  Actions OnReturned(std::vector<Split> splits) override {
    for (Split& split : splits) waiting_.push_front(std::move(split));
    return Deal();
  }
  std::string Snapshot() const override {
    std::string text;
    for (const std::string& id : seen_) absl::StrAppend(&text, "s", id, "\n");
    for (const Split& split : waiting_) {
      absl::StrAppend(&text, "w", split.id, " ", split.position, "\n");
    }
    return text;
  }
  absl::Status Restore(absl::string_view snapshot) override {
    for (const absl::string_view line : absl::StrSplit(snapshot, '\n')) {
      if (line.empty()) continue;
      if (line[0] == 's') {
        seen_.emplace(line.substr(1));
        continue;
      }
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line.substr(1), ' ');
      waiting_.push_back({parts.first, parts.second});
    }
    return absl::OkStatus();
  }

 private:
  Actions Deal() {
    Actions actions;
    const int parallelism = static_cast<int>(idle_.size());
    for (int i = 0; one_by_one_ && i < parallelism && !waiting_.empty(); ++i) {
      if (!idle_[i]) continue;
      idle_[i] = false;
      actions.assign.push_back({i, std::move(waiting_.front())});
      waiting_.pop_front();
    }
    for (int i = 0; !one_by_one_ && !waiting_.empty(); ++i) {
      actions.assign.push_back({i % parallelism, std::move(waiting_.front())});
      waiting_.pop_front();
    }
    actions.no_more_splits = discovered_ && waiting_.empty();
    // What waits is as old as what is being read.
    actions.hold_watermark = !waiting_.empty();
    return actions;
  }

  std::vector<bool> idle_;
  const bool one_by_one_;
  bool discovered_ = false;
  std::set<std::string> seen_;
  std::deque<Split> waiting_;
};

class Reader final : public SplitReader {
 public:
  Reader(const TableDescriptor& table, const SourceRequest& request,
         World* world)
      : rows_(OptionOf(table, "rows")),
        keys_(static_cast<int>(OptionOf(table, "keys"))),
        request_(request),
        world_(world) {}

  absl::Status AddSplit(const Split& split) override {
    Open open;
    if (!absl::SimpleAtoi(split.id, &open.id) ||
        !absl::SimpleAtoi(split.position, &open.next)) {
      return absl::DataLossError("not a split of this source");
    }
    open_.push_back(open);
    return absl::OkStatus();
  }

  absl::StatusOr<Poll> Next(uint32_t) override {
    Rng& rng = world_->scheduler()->rng();
    const int64_t there = world_->RowsThere(rows_);
    for (size_t i = 0; i < open_.size(); ++i) {
      turn_ = (turn_ + 1) % open_.size();
      Open& open = open_[turn_];
      if (open.ended) continue;
      const int split = static_cast<int>(turn_);
      if (open.next == rows_) {
        open.ended = true;
        return Poll{.state = Poll::State::kEndOfSplit, .split = split};
      }
      if (open.next >= there || rng.Below(4) == 0) continue;
      Poll poll{.state = Poll::State::kRows, .split = split};
      Fill(open,
           std::min<int64_t>(there - open.next,
                             1 + static_cast<int64_t>(rng.Below(16))),
           poll);
      return poll;
    }
    return Poll{.retry_after = absl::Microseconds(
                    200 + rng.Below(world_->slowest_poll_micros()))};
  }

  std::vector<Split> Snapshot() const override {
    std::vector<Split> splits;
    for (const Open& open : open_) {
      if (open.ended) continue;
      splits.push_back({absl::StrCat(open.id), absl::StrCat(open.next)});
    }
    return splits;
  }

 private:
  struct Open {
    int id = 0;
    int64_t next = 0;
    bool ended = false;
  };

  void Fill(Open& open, int64_t count, Poll& poll) {
    poll.batch.row_count = static_cast<uint32_t>(count);
    poll.records = count;
    for (const SourceRequest::Column& asked : request_.columns) {
      auto column = std::make_shared<Vector>(PhysicalType::kInt64, count);
      for (int64_t i = 0; i < count; ++i) {
        const SourceRow row = SourceRow::At(open.id, open.next + i, keys_);
        const int64_t values[] = {row.id, row.k, row.v, row.ts_ms};
        column->data<int64_t>()[i] = values[asked.path[0]];
      }
      poll.batch.columns.push_back(std::move(column));
    }
    open.next += count;
  }

  const int64_t rows_;
  const int keys_;
  const SourceRequest request_;
  World* const world_;
  std::vector<Open> open_;
  size_t turn_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeSimEnumerator(
    const TableDescriptor& table, int parallelism) {
  const auto deal = table.options.find("deal");
  return std::make_unique<Enumerator>(
      parallelism, deal != table.options.end() && deal->second == "one");
}

absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeSimDiscovery(
    const TableDescriptor& table) {
  return std::make_unique<Discovery>(OptionOf(table, "splits"));
}

absl::StatusOr<std::unique_ptr<SplitReader>> MakeSimReader(
    const TableDescriptor& table, const SourceRequest& request, World* world) {
  return std::make_unique<Reader>(table, request, world);
}

}  // namespace millrace::sim
