#include "connectors/kafka/key_reducer.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka::key_reducer_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Change {
  std::string key;
  std::string value;  // "-": none.
  int64_t time = 0;
};

EncodedRecords Records(const std::vector<Change>& changes) {
  EncodedRecords records;
  for (const Change& change : changes) {
    records.Append(change.key,
                   change.value == "-"
                       ? std::nullopt
                       : std::optional<absl::string_view>(change.value),
                   change.time);
  }
  return records;
}

// "key=value@time" each.
std::vector<std::string> Taken(KeyReducer& reducer) {
  EncodedRecords records;
  reducer.Take(records);
  std::vector<std::string> texts;
  for (size_t i = 0; i < records.size(); ++i) {
    texts.push_back(
        std::string(records.key(i)) + "=" +
        (records.is_tombstone(i) ? "-" : std::string(records.value(i))) + "@" +
        std::to_string(records.timestamp_ms(i)));
  }
  return texts;
}

TEST(KeyReducerTest, OfEachKeyTheLastRecordStays) {
  KeyReducer reducer;
  reducer.Add(Records({{"a", "1", 10}, {"b", "2", 20}, {"a", "3", 30}}));
  reducer.Add(Records({{"b", "-", 40}, {"", "empty", 50}}));
  EXPECT_EQ(reducer.size(), 3u);
  EXPECT_THAT(Taken(reducer), ElementsAre("a=3@30", "b=-@40", "=empty@50"));
}

TEST(KeyReducerTest, WhatWasTakenIsForgotten) {
  KeyReducer reducer;
  reducer.Add(Records({{"a", "1"}}));
  EXPECT_THAT(Taken(reducer), ElementsAre("a=1@0"));
  EXPECT_EQ(reducer.size(), 0u);
  EXPECT_THAT(Taken(reducer), IsEmpty());
  reducer.Add(Records({{"a", "-"}, {"a", "2"}}));
  EXPECT_THAT(Taken(reducer), ElementsAre("a=2@0"));
}

}  // namespace
}  // namespace millrace::kafka::key_reducer_test
