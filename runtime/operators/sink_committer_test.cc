#include "runtime/operators/sink_committer.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// A scenario is a list of "event > expected actions", time in milliseconds:
//
//   seal 3 a b     a barrier left these          commit a b    begins
//   complete 3     the checkpoint completed      retry 200     waits until
//   done | away | broken                         fail          ends
//   at 200         time has come                 -             nothing
//   restore 2 a, 3 b
class SinkCommitterTest : public ::testing::Test {
 protected:
  void Play(const std::vector<std::string>& script) {
    for (const std::string& line : script) {
      const std::pair<std::string, std::string> parts =
          absl::StrSplit(line, " > ");
      EXPECT_EQ(Answer(Event(parts.first)), parts.second) << line;
    }
  }

  std::string Pending() const {
    return absl::StrJoin(committer_.pending(), " ",
                         [](std::string* out, const auto& epoch) {
                           absl::StrAppend(out, epoch.checkpoint.value());
                         });
  }

  SinkCommitter committer_;

 private:
  static SinkCommitter::Epoch EpochOf(absl::string_view text) {
    const std::vector<std::string> words =
        absl::StrSplit(text, ' ', absl::SkipEmpty());
    SinkCommitter::Epoch epoch = {.checkpoint = IdOf(words[0])};
    for (size_t i = 1; i < words.size(); ++i) {
      epoch.committables.push_back({words[i]});
    }
    return epoch;
  }
  static CheckpointId IdOf(absl::string_view text) {
    int64_t id = 0;
    EXPECT_TRUE(absl::SimpleAtoi(text, &id)) << text;
    return CheckpointId(id);
  }

  SinkCommitter::Event Event(absl::string_view text) {
    const std::pair<absl::string_view, absl::string_view> words =
        absl::StrSplit(text, absl::MaxSplits(' ', 1));
    if (words.first == "seal") {
      return SinkCommitter::Sealed{EpochOf(words.second)};
    }
    if (words.first == "complete") {
      return SinkCommitter::Completed{IdOf(words.second)};
    }
    if (words.first == "restore") {
      SinkCommitter::Restored restored;
      for (const absl::string_view epoch : absl::StrSplit(words.second, ',')) {
        restored.epochs.push_back(EpochOf(epoch));
      }
      return restored;
    }
    if (words.first == "at") {
      EXPECT_TRUE(absl::SimpleAtoi(words.second, &now_ms_)) << text;
      return SinkCommitter::Tick();
    }
    if (text == "away") {
      return SinkCommitter::Committed{absl::UnavailableError("away")};
    }
    if (text == "broken") {
      return SinkCommitter::Committed{absl::DataLossError("broken")};
    }
    EXPECT_EQ(text, "done");
    return SinkCommitter::Committed{absl::OkStatus()};
  }

  std::string Answer(SinkCommitter::Event event) {
    const int64_t before = committer_.retry_nanos();
    const SinkCommitter::Actions actions =
        committer_.Step(std::move(event), now_ms_ * 1'000'000);
    std::vector<std::string> answer;
    if (!actions.failed.ok()) answer.push_back("fail");
    if (!actions.commit.empty()) {
      answer.push_back("commit");
      for (const Committable& one : actions.commit) {
        answer.push_back(one.bytes);
      }
    }
    const int64_t retry = committer_.retry_nanos();
    if (retry != INT64_MAX && retry != before) {
      answer.push_back(absl::StrCat("retry ", retry / 1'000'000));
    }
    return answer.empty() ? "-" : absl::StrJoin(answer, " ");
  }

  int64_t now_ms_ = 0;
};

TEST_F(SinkCommitterTest, CommitsWhatACompletedCheckpointHolds) {
  Play({"seal 1 a b > -", "complete 1 > commit a b", "done > -",
        "seal 2 c > -", "complete 2 > commit c", "done > -"});
  EXPECT_EQ(Pending(), "");
}

TEST_F(SinkCommitterTest, CommitsNothingBeforeItsCheckpoint) {
  Play({"seal 1 a > -", "seal 2 b > -", "complete 1 > commit a", "done > -"});
  EXPECT_EQ(Pending(), "2");
}

TEST_F(SinkCommitterTest, ALaterNotificationStandsForALostOne) {
  Play({"seal 1 a > -", "seal 2 b > -", "complete 2 > commit a b",
        "done > -"});
}

TEST_F(SinkCommitterTest, RepeatedAndLateNotificationsChangeNothing) {
  Play({"seal 1 a > -", "complete 1 > commit a", "complete 1 > -", "done > -",
        "complete 1 > -", "seal 2 b > -", "complete 1 > -",
        "complete 2 > commit b", "complete 1 > -", "done > -"});
}

TEST_F(SinkCommitterTest, OutputOfAnAbortedCheckpointBelongsToTheNext) {
  // 1 was given up: nobody says so here, and nobody needs to.
  Play({"seal 1 a > -", "seal 2 b > -", "seal 3 c > -",
        "complete 2 > commit a b", "done > -"});
  EXPECT_EQ(Pending(), "3");
}

TEST_F(SinkCommitterTest, OneCallAtATime) {
  Play({"seal 1 a > -", "complete 1 > commit a", "seal 2 b > -",
        "complete 2 > -"});
  EXPECT_EQ(Pending(), "1 2");
  Play({"done > commit b", "done > -"});
}

TEST_F(SinkCommitterTest, AnEpochWithoutOutputIsNone) {
  Play({"seal 1 > -", "complete 1 > -"});
  EXPECT_EQ(Pending(), "");
}

TEST_F(SinkCommitterTest, WhatWasRestoredComesFirst) {
  Play({"restore 2 a, 3 b > commit a b", "seal 4 c > -", "complete 4 > -"});
  EXPECT_TRUE(committer_.is_restoring());
  Play({"away > retry 100", "at 99 > -", "at 100 > commit a b"});
  EXPECT_TRUE(committer_.is_restoring());
  Play({"done > commit c"});
  EXPECT_FALSE(committer_.is_restoring());
  Play({"done > -"});
}

TEST_F(SinkCommitterTest, TriesAgainMoreAndMoreSlowly) {
  Play({"seal 1 a > -", "complete 1 > commit a", "away > retry 100",
        "at 100 > commit a", "away > retry 300", "at 300 > commit a",
        "away > retry 700", "complete 1 > -", "at 700 > commit a",
        "done > -"});
  // Forgiven, with what came meanwhile.
  Play({"seal 2 b > -", "complete 2 > commit b", "away > retry 800",
        "seal 3 c > -", "complete 3 > -", "at 800 > commit b c"});
}

TEST_F(SinkCommitterTest, GivesUpAfterManyTries) {
  Play({"seal 1 a > -", "complete 1 > commit a"});
  int64_t now_nanos = 0;
  for (int i = 1; i < SinkCommitter::kMostTries; ++i) {
    const SinkCommitter::Event away =
        SinkCommitter::Committed{absl::UnavailableError("away")};
    ASSERT_TRUE(committer_.Step(away, now_nanos).failed.ok());
    const int64_t wait = committer_.retry_nanos() - now_nanos;
    EXPECT_LE(wait, absl::ToInt64Nanoseconds(SinkCommitter::kLongestDelay));
    now_nanos = committer_.retry_nanos();
    ASSERT_FALSE(
        committer_.Step(SinkCommitter::Tick(), now_nanos).commit.empty());
  }
  Play({"away > fail"});
  EXPECT_EQ(Pending(), "1");
}

TEST_F(SinkCommitterTest, AnyOtherErrorEndsTheAttempt) {
  Play({"seal 1 a > -", "complete 1 > commit a", "broken > fail"});
  EXPECT_EQ(Pending(), "1");
}

}  // namespace
}  // namespace millrace
