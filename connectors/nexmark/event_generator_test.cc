#include "connectors/nexmark/event_generator.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/connector/reader_restarts.h"

namespace millrace::nexmark {
namespace {

using testing::ElementsAre;

std::vector<EventGenerator::Column> Columns() {
  const EventKind bid = EventKind::kBid;
  return {{.type = LogicalType::Integer()},
          {.kind = bid, .field = FindField(bid, "auction")},
          {.kind = bid, .field = FindField(bid, "price")},
          {.kind = bid, .field = FindField(bid, "dateTime")},
          {.kind = bid, .field = FindField(bid, "extra")}};
}

// Reads `splits` of a job of that many readers to their end.
class Reading {
 public:
  explicit Reading(SourceOptions options) : options_(options) {}

  std::unique_ptr<SplitReader> Open(const std::vector<Split>& splits) {
    auto reader = std::make_unique<GeneratorReader>(
        GeneratedTable{
            SplitOptions(options_),
            std::make_unique<EventGenerator>(options_.model, Columns())},
        &clock_);
    for (const Split& split : splits) {
      EXPECT_TRUE(reader->AddSplit(split).ok());
    }
    return reader;
  }

  // Every row as text, by event time; bids only where `bids_only`.
  std::multimap<int64_t, std::string> Rows(SplitReader& reader) {
    std::multimap<int64_t, std::string> rows;
    size_t ended = 0;
    const size_t splits = reader.Snapshot().size();
    while (ended < splits) {
      const Poll poll = *reader.Next(kMaxBatchRows);
      if (poll.state == Poll::State::kEndOfSplit) ++ended;
      for (uint32_t row = 0; row < poll.batch.row_count; ++row) {
        const auto& columns = poll.batch.columns;
        if (columns[1]->IsNull(row)) {
          rows.emplace(-1, absl::StrCat(columns[0]->data<int32_t>()[row]));
          continue;
        }
        rows.emplace(
            columns[3]->data<int64_t>()[row],
            absl::StrCat(columns[1]->data<int64_t>()[row], " ",
                         columns[2]->data<int64_t>()[row], " ",
                         columns[4]->data<StringView>()[row].view()));
      }
    }
    return rows;
  }

  ManualClock& clock() { return clock_; }

 private:
  SourceOptions options_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
};

Split Start(int index, int count) {
  return NumberedSplits::All(count)[index];
}

TEST(EventGeneratorTest, MakesTheSameEventsAtEveryParallelism) {
  Reading reading({.event_count = 20'000});
  const auto one = reading.Rows(*reading.Open({Start(0, 1)}));
  const auto three = reading.Rows(
      *reading.Open({Start(0, 3), Start(1, 3), Start(2, 3)}));
  EXPECT_EQ(one.size(), 20'000);
  EXPECT_EQ(one, three);
}

TEST(EventGeneratorTest, KeepsTheProportionsOfTheBenchmark) {
  Reading reading({.event_count = 5'000});
  std::map<std::string, int> others;
  for (const auto& [time, text] : reading.Rows(*reading.Open({Start(0, 1)}))) {
    if (time == -1) ++others[text];
  }
  EXPECT_THAT(others, ElementsAre(testing::Pair("0", 100),
                                  testing::Pair("1", 300)));
}

TEST(EventGeneratorTest, MakesTheSameEventsWhereverItIsRestarted) {
  Reading reading({.event_count = 9'000});
  std::vector<LogicalType> types;
  for (const EventGenerator::Column& column : Columns()) {
    types.push_back(column.kind ? column.field->type : column.type);
  }
  const ReaderRestarts restarts({.make = [&] { return reading.Open({}); },
                                 .splits = {Start(0, 2), Start(1, 2)},
                                 .types = types,
                                 .max_rows = 700});
  EXPECT_EQ(restarts.Difference(), "");
  EXPECT_EQ(restarts.Rows()->size(), 9'000u);
}

TEST(EventGeneratorTest, EmitsNoFasterThanALimitedRate) {
  SourceOptions options;
  options.rate_limited = true;
  options.model.events_per_second = 100;
  Reading reading(options);
  auto reader = reading.Open({Start(0, 1)});

  EXPECT_EQ((*reader->Next(kMaxBatchRows)).batch.row_count, 1);
  const Poll early = *reader->Next(kMaxBatchRows);
  EXPECT_EQ(early.state, Poll::State::kNothing);
  EXPECT_LE(early.retry_after, absl::Milliseconds(20));

  reading.clock().AdvanceBy(absl::Seconds(1));
  EXPECT_EQ((*reader->Next(kMaxBatchRows)).batch.row_count, 100);
}

TEST(EventTextTest, PadsToTheAverageSizeWithBackslashesInBetween) {
  const EventText text{ModelOptions{}};
  int64_t bytes = 0, backslashes = 0;
  for (uint64_t draw = 0; draw < 1000; ++draw) {
    const StringView padding =
        text.Padding(EventModel::Mix(draw), 32, 100);
    bytes += padding.size();
    backslashes += std::count(padding.data(), padding.data() + padding.size(),
                              '\\');
  }
  EXPECT_NEAR(bytes / 1000.0, 68, 3);
  EXPECT_GT(backslashes, 100);
}

}  // namespace
}  // namespace millrace::nexmark
