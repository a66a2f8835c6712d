#include "jobmanager/cluster/task_manager_roster.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using R = TaskManagerRoster;

std::string Words(const R::Action& action) {
  const auto name = [](ConversationId id) { return absl::StrCat(id.value()); };
  if (const auto* a = std::get_if<R::Accept>(&action)) {
    return "accept " + name(a->conversation);
  }
  if (const auto* a = std::get_if<R::Refuse>(&action)) {
    return "refuse " + name(a->conversation);
  }
  if (const auto* a = std::get_if<R::Greet>(&action)) {
    return "greet " + name(a->conversation);
  }
  if (const auto* a = std::get_if<R::HangUp>(&action)) {
    return "hang up " + name(a->conversation);
  }
  if (const auto* a = std::get_if<R::Joined>(&action)) {
    return "joined " + name(a->conversation);
  }
  if (const auto* a = std::get_if<R::Left>(&action)) {
    return absl::StrCat("left ", a->task_manager);
  }
  return absl::StrCat("drains ", std::get<R::Drains>(action).task_manager);
}

class TaskManagerRosterTest : public ::testing::Test {
 protected:
  std::string At(double second, R::Event event) {
    last_ = roster_.Step(std::move(event), absl::Seconds(second));
    std::vector<std::string> words;
    for (const R::Action& action : last_) words.push_back(Words(action));
    return absl::StrJoin(words, ", ");
  }
  static ConversationId C(int64_t id) { return ConversationId(id); }
  static R::Event Comes(int64_t conversation, std::string name,
                        int64_t life = 1) {
    return R::Registered{C(conversation), Registration(std::move(name), life)};
  }
  static to_job_manager::Register Registration(std::string name,
                                               int64_t life = 1) {
    return {.task_manager = std::move(name),
            .life = life,
            .cluster = "c",
            .version = "1",
            .slots = 2,
            .data_address = "host:1"};
  }
  // What the last step said of the loss, or of the refusal.
  std::string Why() const {
    for (const R::Action& action : last_) {
      if (const auto* left = std::get_if<R::Left>(&action)) {
        return std::string(left->status.message());
      }
      if (const auto* refused = std::get_if<R::Refuse>(&action)) {
        return std::string(refused->status.message());
      }
    }
    return "";
  }

  TaskManagerRoster roster_{{.cluster = "c", .version = "1"}};
  std::vector<R::Action> last_;
};

TEST_F(TaskManagerRosterTest, TakesThoseThatBelongHere) {
  EXPECT_EQ(At(0, R::Opened{C(1)}), "");
  EXPECT_EQ(At(0, Comes(1, "a")), "accept 1, joined 1");
  EXPECT_EQ(At(0, Comes(1, "a")), "");  // Said twice.
  EXPECT_EQ(At(1, R::Heard{C(1), true}), "greet 1");
  EXPECT_EQ(At(1, R::Heard{C(1), false}), "");
  ASSERT_NE(roster_.Find("a"), nullptr);
  EXPECT_EQ(roster_.Find("b"), nullptr);
}

TEST_F(TaskManagerRosterTest, RefusesWhoDoesNot) {
  struct Case {
    const char* says;
    void (*change)(to_job_manager::Register&);
  };
  const Case cases[] = {
      {"JOB-0121: this JobManager is of cluster 'c', not of 'd'",
       [](auto& r) { r.cluster = "d"; }},
      {"JOB-0122: this JobManager is millrace 1, not 2",
       [](auto& r) { r.version = "2"; }},
      {"it has 0 slots", [](auto& r) { r.slots = 0; }},
      {"needs a name", [](auto& r) { r.task_manager = ""; }}};
  int64_t conversation = 0;
  for (const Case& refused : cases) {
    to_job_manager::Register registration = Registration("a");
    refused.change(registration);
    const ConversationId id = C(++conversation);
    At(0, R::Opened{id});
    EXPECT_EQ(At(0, R::Registered{id, registration}),
              absl::StrCat("refuse ", conversation));
    EXPECT_TRUE(absl::StrContains(Why(), refused.says)) << Why();
  }
  EXPECT_TRUE(roster_.members().empty());
}

TEST_F(TaskManagerRosterTest, LosesWhoIsNotHeardOf) {
  At(0, R::Opened{C(1)});
  At(0, Comes(1, "a"));
  At(2, R::Heard{C(1), true});
  EXPECT_EQ(roster_.WakeAt(), absl::Seconds(7));
  EXPECT_EQ(At(6.9, R::Tick{}), "");
  EXPECT_EQ(At(7, R::Tick{}), "hang up 1, left a");
  EXPECT_TRUE(absl::StrContains(Why(), "TaskManager 'a' was lost")) << Why();
  EXPECT_TRUE(absl::StrContains(Why(), "nothing was heard of it for 5s"));
  EXPECT_EQ(At(7, R::Heard{C(1), true}), "");
  EXPECT_EQ(roster_.WakeAt(), absl::InfiniteDuration());
}

TEST_F(TaskManagerRosterTest, LosesWhoHangsUp) {
  At(0, R::Opened{C(1)});
  At(0, Comes(1, "a"));
  EXPECT_EQ(At(1, R::Closed{C(1), absl::UnavailableError("reset")}),
            "hang up 1, left a");
  EXPECT_TRUE(absl::StrContains(Why(), "its connection ended: reset"));
  EXPECT_EQ(At(1, R::Closed{C(1), absl::UnavailableError("reset")}), "");
}

TEST_F(TaskManagerRosterTest, WhoComesAgainIsAnotherOne) {
  At(0, R::Opened{C(1)});
  At(0, Comes(1, "a", /*life=*/1));
  At(1, R::Opened{C(2)});
  EXPECT_EQ(At(1, Comes(2, "a", /*life=*/2)),
            "hang up 1, left a, accept 2, joined 2");
  EXPECT_TRUE(absl::StrContains(Why(), "started anew")) << Why();
  // The first conversation's end says nothing of the second.
  EXPECT_EQ(At(2, R::Closed{C(1), absl::UnavailableError("reset")}), "");
  At(3, R::Opened{C(3)});
  At(3, Comes(3, "a", /*life=*/2));
  EXPECT_TRUE(absl::StrContains(Why(), "connect again")) << Why();
  EXPECT_EQ(*roster_.Find("a"), C(3));
}

TEST_F(TaskManagerRosterTest, HangsUpOnWhoSaysNothing) {
  At(0, R::Opened{C(1)});
  EXPECT_EQ(At(4, R::Tick{}), "");
  EXPECT_EQ(At(5, R::Tick{}), "hang up 1");
  EXPECT_EQ(At(5, Comes(1, "a")), "");
}

TEST_F(TaskManagerRosterTest, SaysOnceThatOneDrains) {
  At(0, R::Opened{C(1)});
  At(0, Comes(1, "a"));
  EXPECT_EQ(At(1, R::Draining{C(1)}), "drains a");
  EXPECT_EQ(At(1, R::Draining{C(1)}), "");
  EXPECT_EQ(At(2, R::Closed{C(1), absl::UnavailableError("reset")}),
            "hang up 1, left a");
  EXPECT_TRUE(absl::StrContains(Why(), "it was told to end")) << Why();
}

TEST_F(TaskManagerRosterTest, DropsWhoDoesNotDoWhatItIsTold) {
  At(0, R::Opened{C(1)});
  At(0, Comes(1, "a"));
  EXPECT_EQ(At(1, R::Dropped{C(1), absl::InternalError("it does not stop")}),
            "hang up 1, left a");
  EXPECT_TRUE(absl::StrContains(Why(), "it does not stop")) << Why();
}

}  // namespace
}  // namespace millrace
