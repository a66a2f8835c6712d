#include "runtime/exchange/partitioner.h"

#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "gtest/gtest.h"
#include "runtime/base/hash.h"

namespace millrace {
namespace {

// Rows (first, first + 1, ...).
Batch Numbers(int64_t first, uint32_t rows) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, rows);
  std::iota(column->data<int64_t>(), column->data<int64_t>() + rows, first);
  return {.row_count = rows, .columns = {column}};
}

VectorRef HashOfFirstColumn(const Batch& batch) {
  auto hashes =
      std::make_shared<Vector>(PhysicalType::kInt64, batch.row_count);
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    hashes->data<int64_t>()[row] = static_cast<int64_t>(
        HashWord(batch.columns[0]->data<int64_t>()[row]));
  }
  return hashes;
}

// 128 groups in equal runs.
std::vector<int> Groups(int receivers) {
  std::vector<int> receiver_of_group(128);
  for (int i = 0; i < 128; ++i) receiver_of_group[i] = i * receivers / 128;
  return receiver_of_group;
}

using Routed = std::vector<Partitioner::Routed>;

TEST(PartitionerTest, HashSendsEveryRowOnceAndEqualKeysTogether) {
  Partitioner partitioner = Partitioner::Hash(Groups(3), HashOfFirstColumn);
  Routed routed;
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < 9; ++i) {
      partitioner.Route(Numbers(i * 700, 700), routed);
    }
  }
  EXPECT_TRUE(partitioner.HasPending());
  partitioner.Flush(routed);
  EXPECT_FALSE(partitioner.HasPending());

  std::map<int64_t, std::set<int>> receivers_of;
  std::map<int64_t, int> times;
  for (const auto& [receiver, batch] : routed) {
    for (uint32_t row = 0; row < batch.row_count; ++row) {
      const int64_t number = batch.columns[0]->data<int64_t>()[row];
      receivers_of[number].insert(receiver);
      ++times[number];
      EXPECT_EQ(batch.hashes->data<int64_t>()[row],
                static_cast<int64_t>(HashWord(number)));
    }
  }
  EXPECT_EQ(times.size(), 6300);
  for (const auto& [number, count] : times) EXPECT_EQ(count, 2) << number;
  for (const auto& [number, receivers] : receivers_of) {
    EXPECT_EQ(receivers.size(), 1) << number;
  }
}

TEST(PartitionerTest, HashGivesOutLargeBatchesAndKeepsTheRest) {
  Partitioner partitioner = Partitioner::Hash(Groups(2), HashOfFirstColumn);
  Routed routed;
  for (int i = 0; i < 100; ++i) partitioner.Route(Numbers(i * 10, 10), routed);
  EXPECT_TRUE(routed.empty());
  for (int i = 0; i < 200; ++i) partitioner.Route(Numbers(i * 10, 10), routed);
  EXPECT_FALSE(routed.empty());
  for (const auto& [receiver, batch] : routed) {
    EXPECT_GE(batch.row_count, Partitioner::kFullRows);
  }
}

TEST(PartitionerTest, HashRoutesOnlySelectedRows) {
  Partitioner partitioner = Partitioner::Hash(Groups(2), HashOfFirstColumn);
  Batch batch = Numbers(0, 100);
  batch.selected = std::make_shared<std::vector<uint32_t>>(
      std::vector<uint32_t>{3, 50, 99});
  Routed routed;
  partitioner.Route(batch, routed);
  partitioner.Flush(routed);
  std::set<int64_t> numbers;
  for (const auto& [receiver, part] : routed) {
    for (uint32_t row = 0; row < part.row_count; ++row) {
      numbers.insert(part.columns[0]->data<int64_t>()[row]);
    }
  }
  EXPECT_EQ(numbers, (std::set<int64_t>{3, 50, 99}));
}

TEST(PartitionerTest, RebalanceGivesWholeBatchesInTurn) {
  Partitioner partitioner = Partitioner::Rebalance(3, 1);
  Routed routed;
  for (int i = 0; i < 4; ++i) partitioner.Route(Numbers(i, 1), routed);
  std::vector<int> receivers;
  for (const auto& item : routed) receivers.push_back(item.receiver);
  EXPECT_EQ(receivers, (std::vector<int>{1, 2, 0, 1}));
  EXPECT_FALSE(partitioner.HasPending());
}

TEST(PartitionerTest, BroadcastSharesTheColumns) {
  Partitioner partitioner = Partitioner::Broadcast(2);
  Routed routed;
  partitioner.Route(Numbers(5, 3), routed);
  ASSERT_EQ(routed.size(), 2);
  EXPECT_EQ(routed[0].batch.columns[0], routed[1].batch.columns[0]);
}

TEST(PartitionerTest, EmptyBatchesGoNowhere) {
  Partitioner partitioner = Partitioner::One(0);
  Batch batch = Numbers(0, 4);
  batch.selected = std::make_shared<std::vector<uint32_t>>();
  Routed routed;
  partitioner.Route(batch, routed);
  EXPECT_TRUE(routed.empty());
}

}  // namespace
}  // namespace millrace
