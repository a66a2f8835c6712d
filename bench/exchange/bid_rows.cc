#include "bench/exchange/bid_rows.h"

#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/batch/key_packer.h"

namespace millrace {
namespace {

constexpr int kGroups = 128;
constexpr int kStrings = 3;
constexpr int kLongs = 5;  // date_time is one too.

std::string Letters(std::mt19937_64& random, size_t length) {
  std::string text;
  for (size_t i = 0; i < length; ++i) {
    text.push_back(static_cast<char>('a' + random() % 26));
  }
  return text;
}

Batch MakeBatch(std::mt19937_64& random, int64_t first) {
  Batch batch = {.row_count = kMaxBatchRows};
  std::vector<std::shared_ptr<Vector>> longs;
  std::vector<std::shared_ptr<Vector>> strings;
  for (int i = 0; i < kLongs; ++i) {
    longs.push_back(
        std::make_shared<Vector>(PhysicalType::kInt64, kMaxBatchRows));
  }
  for (int i = 0; i < kStrings; ++i) {
    strings.push_back(
        std::make_shared<Vector>(PhysicalType::kString, kMaxBatchRows));
  }
  StringWriter writer;
  for (uint32_t row = 0; row < kMaxBatchRows; ++row) {
    const int64_t values[kLongs] = {
        static_cast<int64_t>(random() % 10'000),
        static_cast<int64_t>(random() % 10'000),
        static_cast<int64_t>(random() % 1'000'000), first + row,
        1'700'000'000'000 + first + row};
    for (int i = 0; i < kLongs; ++i) longs[i]->data<int64_t>()[row] = values[i];
    const auto channel = random() % 10'000;
    const std::string texts[kStrings] = {
        channel < 5000 ? "Google" : absl::StrCat("channel-", channel),
        absl::StrCat("https://www.nexmark.com/", Letters(random, 5), "/",
                     Letters(random, 5), "/item.htm?query=1&channel_id=",
                     channel),
        Letters(random, 54 + random() % 28)};
    for (int i = 0; i < kStrings; ++i) {
      strings[i]->data<StringView>()[row] = writer.Copy(texts[i]);
    }
  }
  const std::vector<ChunkRef> chunks = writer.TakeChunks();
  for (const auto& column : strings) column->AddChunks(chunks);
  batch.columns = {longs[0],   longs[1],   longs[2],   longs[3],
                   strings[0], strings[1], strings[2], longs[4]};
  return batch;
}

}  // namespace

std::vector<Batch> MakeBids(int batches) {
  std::mt19937_64 random(1);
  std::vector<Batch> bids;
  for (int i = 0; i < batches; ++i) {
    bids.push_back(MakeBatch(random, int64_t{i} * kMaxBatchRows));
  }
  return bids;
}

Partitioner ByAuction(int receivers) {
  std::vector<int> receiver_of_group(kGroups);
  for (int group = 0; group < kGroups; ++group) {
    receiver_of_group[group] = group * receivers / kGroups;
  }
  auto hasher = std::make_shared<KeyHasher>(
      std::vector<LogicalType>{LogicalType::BigInt().NotNull()});
  return Partitioner::Hash(
      std::move(receiver_of_group), [hasher](const Batch& batch) {
        const VectorRef keys[] = {batch.columns[0]};
        return hasher->Hash(keys, batch.selection(), batch.row_count);
      });
}

int64_t ReadBids(const Batch& batch) {
  int64_t sum = 0;
  const int64_t* prices = batch.columns[2]->data<int64_t>();
  for (uint32_t row = 0; row < batch.row_count; ++row) sum += prices[row];
  for (int i = 4; i < 4 + kStrings; ++i) {
    const StringView* views = batch.columns[i]->data<StringView>();
    for (uint32_t row = 0; row < batch.row_count; ++row) {
      sum += views[row].size();
    }
  }
  return sum;
}

}  // namespace millrace
