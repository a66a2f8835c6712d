#include "runtime/exchange/barrier_aligner.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// One event and what follows: `what` is a checkpoint's number or "abort N";
// `follows` is "aligned N", "gave up N", or "-"; `blocked` lists the
// channels that are not read afterwards.
struct Line {
  int channel;
  std::string what;
  std::string follows;
  std::string blocked;
};

struct Scenario {
  std::string name;
  int channels;
  std::vector<Line> lines;
};

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

std::string Text(const BarrierAligner::Actions& actions) {
  std::string text;
  if (actions.given_up) {
    text = absl::StrCat("gave up ", actions.given_up->value());
  }
  if (actions.aligned) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", "aligned ",
                    actions.aligned->value());
  }
  return text.empty() ? "-" : text;
}

class BarrierAlignerTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(BarrierAlignerTest, Scenario) {
  BarrierAligner aligner(GetParam().channels);
  int step = 0;
  for (const Line& line : GetParam().lines) {
    BarrierAligner::Actions actions;
    if (line.what.rfind("abort ", 0) == 0) {
      actions = aligner.OnAbort(CheckpointId(std::stoll(line.what.substr(6))));
    } else {
      actions =
          aligner.OnBarrier(line.channel, CheckpointId(std::stoll(line.what)));
    }
    std::string blocked;
    for (int i = 0; i < GetParam().channels; ++i) {
      if (aligner.IsBlocked(i)) absl::StrAppend(&blocked, i);
    }
    EXPECT_EQ(Text(actions), line.follows) << "step " << step;
    EXPECT_EQ(blocked, line.blocked) << "step " << step;
    ++step;
  }
}

const Scenario kScenarios[] = {
    {"OneChannelAlignsAtOnce", 1, {{0, "1", "aligned 1", ""}}},
    {"WaitsForEveryChannel", 3,
     {{1, "1", "-", "1"}, {0, "1", "-", "01"}, {2, "1", "aligned 1", ""}}},
    {"OneAfterTheOther", 2,
     {{0, "1", "-", "0"},
      {1, "1", "aligned 1", ""},
      {1, "2", "-", "1"},
      {0, "2", "aligned 2", ""}}},
    {"ANewerBarrierGivesTheOldOneUp", 3,
     {{0, "1", "-", "0"},
      {1, "1", "-", "01"},
      {2, "2", "gave up 1", "2"},
      {0, "2", "-", "02"},
      {1, "2", "aligned 2", ""}}},
    {"AStaleBarrierChangesNothing", 2,
     {{0, "2", "-", "0"},
      {1, "1", "-", "0"},
      {1, "2", "aligned 2", ""},
      {0, "2", "-", ""},
      {0, "1", "-", ""}}},
    {"ABarrierOfAGivenUpCheckpointIsStale", 2,
     {{0, "1", "-", "0"},
      {1, "2", "gave up 1", "1"},
      {0, "1", "-", "1"},
      {0, "2", "aligned 2", ""}}},
    {"AnAbortUnblocks", 2,
     {{0, "1", "-", "0"},
      {0, "abort 1", "gave up 1", ""},
      {1, "1", "-", ""},
      {0, "2", "-", "0"},
      {1, "2", "aligned 2", ""}}},
    {"AnAbortBeforeItsBarrierMakesItStale", 2,
     {{0, "abort 3", "-", ""}, {0, "3", "-", ""}, {1, "3", "-", ""}}},
    {"AnAbortOfAnOlderOneChangesNothing", 2,
     {{0, "2", "-", "0"},
      {0, "abort 1", "-", "0"},
      {1, "2", "aligned 2", ""}}},
};

INSTANTIATE_TEST_SUITE_P(
    Table, BarrierAlignerTest, ::testing::ValuesIn(kScenarios),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace millrace
