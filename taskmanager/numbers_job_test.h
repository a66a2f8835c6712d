#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/connector/connector_registry.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// numbers -> count by key -> collected, in one thread: a source whose splits
// give the numbers from their position up to a limit that the test moves, an
// operator that counts them by their last digit and says so at the end, and a
// sink.

// What the test sees and moves.
struct NumbersWorld {
  int64_t limit = 0;  // Of every split.
  std::map<int64_t, std::vector<int64_t>> collected;  // Key -> counts said.
};

inline LogicalType NumberType() { return LogicalType::BigInt().NotNull(); }

class NumbersConnector final : public Connector {
 public:
  explicit NumbersConnector(NumbersWorld* world) : world_(world) {}

  static TableDescriptor Table() {
    return {.name = "numbers",
            .columns = {{.name = "k", .type = NumberType()},
                        {.name = "n", .type = NumberType()}},
            .options = {{"connector", "numbers"}}};
  }

  const std::vector<OptionSpec>& options() const override { return options_; }
  absl::StatusOr<Capabilities> Describe(const TableDescriptor&) const override {
    return Capabilities{.source = true, .sink = true, .bounded = true};
  }
  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor&, const SourceRequest&,
      const ConnectorContext&) const override {
    return std::make_unique<Reader>(world_);
  }
  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor&, const ConnectorContext&) const override {
    return std::make_unique<Collector>(world_);
  }

 private:
  // A split ends at 100.
  class Reader final : public SplitReader {
   public:
    explicit Reader(NumbersWorld* world) : world_(world) {}
    absl::Status AddSplit(const Split& split) override {
      open_.push_back({split.id, 0, false});
      (void)absl::SimpleAtoi(split.position, &open_.back().next);
      return absl::OkStatus();
    }
    absl::StatusOr<Poll> Next(uint32_t) override {
      for (size_t i = 0; i < open_.size(); ++i) {
        Open& split = open_[i];
        if (split.ended) continue;
        Poll poll = {.state = Poll::State::kEndOfSplit,
                     .split = static_cast<int>(i)};
        if (split.next == 100) {
          split.ended = true;
          return poll;
        }
        if (split.next >= world_->limit) continue;
        poll.state = Poll::State::kRows;
        poll.batch.row_count = 1;
        for (const int64_t value : {split.next % 10, split.next}) {
          auto column = std::make_shared<Vector>(PhysicalType::kInt64, 1);
          column->data<int64_t>()[0] = value;
          poll.batch.columns.push_back(std::move(column));
        }
        ++split.next;
        return poll;
      }
      return Poll{.retry_after = absl::InfiniteDuration()};
    }
    std::vector<Split> Snapshot() const override {
      std::vector<Split> splits;
      for (const Open& split : open_) {
        if (!split.ended) {
          splits.push_back({split.id, absl::StrCat(split.next)});
        }
      }
      return splits;
    }

   private:
    struct Open {
      std::string id;
      int64_t next;
      bool ended;
    };
    NumbersWorld* const world_;
    std::vector<Open> open_;
  };

  class Collector final : public Writer {
   public:
    explicit Collector(NumbersWorld* world) : world_(world) {}
    absl::StatusOr<Accepted> Write(const Batch& batch) override {
      batch.selection().ForEach([&](uint32_t row) {
        world_->collected[batch.columns[0]->data<int64_t>()[row]].push_back(
            batch.columns[1]->data<int64_t>()[row]);
      });
      return Accepted::kAll;
    }
    absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }

   private:
    NumbersWorld* const world_;
  };

  NumbersWorld* const world_;
  const std::vector<OptionSpec> options_;
};

inline JobPlan NumbersPlan(int parallelism) {
  const std::vector<RowField> row = {{"k", NumberType()}, {"n", NumberType()}};
  SourceSpec source = {.table = NumbersConnector::Table()};
  for (int i = 0; i < 2; ++i) {
    source.request.columns.push_back({{i}, row[i].type});
    source.columns.push_back(Expr::Column(i, row[i].type));
  }
  JobPlan plan = {.name = "numbers"};
  const auto add = [&](std::string name, OperatorSpec spec) {
    const VertexId id(static_cast<int>(plan.vertices.size()));
    plan.vertices.push_back({.id = id, .uid = name, .fingerprint = 7,
                             .name = name, .spec = std::move(spec),
                             .parallelism = parallelism, .output = row});
  };
  add("numbers", std::move(source));
  add("count", GroupAggregateSpec{.keys = {0}});
  add("collected", SinkSpec{.table = NumbersConnector::Table()});
  plan.edges = {{VertexId(0), VertexId(1), 0, ExchangeKind::kHash, {0}},
                {VertexId(1), VertexId(2), 0, ExchangeKind::kRebalance, {}}};
  return plan;
}

}  // namespace millrace
