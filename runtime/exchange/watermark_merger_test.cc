#include "runtime/exchange/watermark_merger.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// What a scenario prints: "5", "idle", "active", "5 idle", "end", "-".
std::string Text(const WatermarkMerger::Outcome& outcome) {
  std::vector<std::string> parts;
  if (outcome.watermark) {
    parts.push_back(*outcome.watermark == kMaxWatermark
                        ? "end"
                        : absl::StrCat(*outcome.watermark));
  }
  if (outcome.idle) parts.push_back(*outcome.idle ? "idle" : "active");
  std::string text;
  for (const std::string& part : parts) {
    absl::StrAppend(&text, text.empty() ? "" : " ", part);
  }
  return text.empty() ? "-" : text;
}

// One channel's event and what must follow from it. `what` is a watermark,
// "idle", "active", "max" (kMaxWatermark) or "finished".
struct Line {
  int channel;
  std::string what;
  std::string follows;
};

struct Scenario {
  std::string name;
  int channels;
  std::vector<Line> lines;
  int64_t restored = kMinWatermark;
};

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

class WatermarkMergerTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(WatermarkMergerTest, Scenario) {
  WatermarkMerger merger(GetParam().channels, GetParam().restored);
  int64_t last = GetParam().restored;
  int step = 0;
  for (const auto& [channel, what, follows] : GetParam().lines) {
    WatermarkMerger::Outcome outcome;
    if (what == "idle" || what == "active") {
      outcome = merger.OnIdle(channel, what == "idle");
    } else if (what == "finished") {
      outcome = merger.OnFinished(channel);
    } else if (what == "max") {
      outcome = merger.OnWatermark(channel, kMaxWatermark);
    } else {
      outcome = merger.OnWatermark(channel, std::stoll(what));
    }
    EXPECT_EQ(Text(outcome), follows)
        << "step " << step++ << ": channel " << channel << " " << what;
    EXPECT_GE(merger.merged(), last) << "it went back";
    last = merger.merged();
  }
}

const Scenario kScenarios[] = {
    {"OneChannelPassesItsOwn", 1, {{0, "3", "3"}, {0, "7", "7"}}},
    {"MinimumOfAll", 2, {{0, "5", "-"}, {1, "3", "3"}, {1, "9", "5"}}},
    {"AChannelNeverGoesBack", 1, {{0, "5", "5"}, {0, "4", "-"}}},
    {"ARestoredWatermarkNeverGoesBack", 2,
     {{0, "50", "-"}, {1, "60", "-"}, {0, "101", "-"}, {1, "105", "101"}},
     100},
    {"AnIdleChannelLeaves", 2,
     {{0, "5", "-"}, {1, "idle", "5"}, {0, "8", "8"}}},
    {"AnIdleChannelThatWakesCountsOnceItHasCaughtUp", 2,
     {{0, "5", "-"},
      {1, "3", "3"},
      {1, "idle", "5"},
      {0, "8", "8"},
      {1, "active", "-"},
      {0, "10", "10"},  // Channel 1 stands at 3: its rows are late already.
      {1, "10", "-"},
      {0, "12", "-"},   // Now it counts.
      {1, "11", "11"}}},
    {"AWatermarkWakesAnIdleChannel", 2,
     {{0, "5", "-"}, {1, "idle", "5"}, {1, "6", "-"}, {0, "9", "6"}}},
    {"AllIdleFlushesTheGreatest", 2,
     {{0, "5", "-"},
      {1, "9", "5"},
      {0, "idle", "9"},
      {1, "idle", "idle"},
      {0, "active", "active"}}},
    {"AllIdleInTheOtherOrderGivesTheSame", 2,
     {{0, "5", "-"}, {1, "9", "5"}, {1, "idle", "-"}, {0, "idle", "9 idle"}}},
    {"IdleTwiceIsSaidOnce", 1, {{0, "idle", "idle"}, {0, "idle", "-"}}},
    {"AFinishedChannelLeaves", 2,
     {{0, "5", "-"}, {1, "3", "3"}, {1, "finished", "5"}, {0, "6", "6"}}},
    {"OnlyTheLastToFinishIsTheEnd", 2,
     {{0, "5", "-"}, {0, "finished", "-"}, {1, "3", "3"},
      {1, "finished", "end"}}},
    {"TheEndOfOneChannelIsNotTheEnd", 2,
     {{0, "max", "-"}, {0, "finished", "-"}, {1, "3", "3"}, {1, "max", "end"},
      {1, "finished", "-"}}},
    // FLINK-38477: a channel that finished, with kMaxWatermark, beside idle
    // ones must not push the merged watermark to the end.
    {"FinishedBesideIdleIsNotTheEnd", 3,
     {{0, "5", "-"},
      {1, "4", "-"},
      {2, "6", "4"},
      {0, "idle", "-"},
      {1, "idle", "6"},
      {2, "max", "idle"},
      {2, "finished", "-"},
      {0, "active", "active"},
      {0, "7", "7"},
      {0, "8", "8"}}},
    {"IdleThenFinishedBesideIdleIsNotTheEnd", 2,
     {{0, "5", "-"}, {1, "4", "4"}, {1, "idle", "5"}, {0, "idle", "idle"},
      {0, "max", "-"}, {1, "active", "active"}, {1, "6", "6"}}},
    {"AllFinishedWhileIdleIsTheEnd", 2,
     {{0, "idle", "-"}, {1, "idle", "idle"}, {0, "finished", "-"},
      {1, "finished", "end active"}}},
};

INSTANTIATE_TEST_SUITE_P(
    Table, WatermarkMergerTest, ::testing::ValuesIn(kScenarios),
    [](const auto& info) { return info.param.name; });

TEST(WatermarkMergerHolderTest, NamesTheChannelThatIsWaitedFor) {
  WatermarkMerger merger(3);
  merger.OnWatermark(0, 5);
  merger.OnWatermark(1, 2);
  merger.OnWatermark(2, 9);
  EXPECT_EQ(merger.Holder(), 1);
  merger.OnIdle(1, true);
  EXPECT_EQ(merger.Holder(), 0);
  merger.OnFinished(0);
  merger.OnFinished(2);
  EXPECT_EQ(merger.Holder(), std::nullopt);
}

}  // namespace
}  // namespace millrace
