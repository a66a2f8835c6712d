#include "state/run_file.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "state/run_collector.h"
#include "state/run_cursor.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

const StateSchema kCounts = {.id = 3, .name = "counts", .version = 2,
                             .key_type = "BIGINT", .value_type = "COUNT"};
const StateSchema kTimers = {.id = 5, .name = "timers"};

// A run of two states and the ranges that were read of it.
class RunFileTest : public ::testing::Test {
 protected:
  RunFileTest() {
    RunCollector collector;
    collector.BeginState(kCounts);
    collector.Drop("old");
    collector.Put(KeyGroup(2), "b", "2");
    collector.Put(KeyGroup(2), "a", "1");
    collector.Erase(KeyGroup(7), "gone");
    collector.Put(KeyGroup(9), "", std::string(300, 'x'));
    collector.BeginState(kTimers);
    collector.Put(KeyGroup(1), "t", "");
    bytes_ = collector.Encode();
  }

  absl::StatusOr<RunFile> Open() {
    return RunFile::Open("f", static_cast<int64_t>(bytes_.size()),
                         [this](int64_t offset, int64_t length)
                             -> absl::StatusOr<std::string> {
                           return bytes_.substr(offset, length);
                         });
  }

  // "2 a=1", "7 -gone": every entry of the state, or what went wrong.
  static std::vector<std::string> Entries(const RunFile& run, int32_t state) {
    std::vector<std::string> all;
    const RunFile::State* found = run.Find(state);
    if (found == nullptr) return {"no such state"};
    RunCursor cursor(&run, found, KeyGroup(128));
    for (int group = 0; group < 128; ++group) {
      absl::Status status = cursor.Open(KeyGroup(group));
      while (status.ok() && cursor.entry()) {
        const RunEntry& entry = *cursor.entry();
        all.push_back(
            entry.erased ? absl::StrCat(group, " -", entry.key)
            : entry.value.size() > 9
                ? absl::StrCat(group, " ", entry.key, ":", entry.value.size())
                : absl::StrCat(group, " ", entry.key, "=", entry.value));
        status = cursor.Next();
      }
      if (!status.ok()) return {std::string(status.message())};
    }
    return all;
  }

  std::string bytes_;
  int next_key_ = 9;
};

TEST_F(RunFileTest, GivesEachStateSortedByGroupAndKey) {
  const auto run = Open();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(Entries(*run, 3), ElementsAre("2 a=1", "2 b=2", "7 -gone",
                                            "9 :300"));
  EXPECT_THAT(Entries(*run, 5), ElementsAre("1 t="));
  EXPECT_EQ(run->Find(3)->schema, kCounts);
  EXPECT_THAT(run->Find(3)->dropped, ElementsAre("old"));
  EXPECT_EQ(run->Find(4), nullptr);
}

TEST_F(RunFileTest, ReadsOnlyTheGroupsAskedFor) {
  const auto run = Open();
  ASSERT_TRUE(run.ok());
  // Damage in a group that is not asked for is not met.
  const RunFile::State& state = *run->Find(3);
  bytes_[state.groups[0].offset + 3] ^= 1;
  EXPECT_TRUE(run->Read(state, 1, 3).ok());
  EXPECT_TRUE(absl::IsDataLoss(run->Read(state, 0, 3).status()));
}

TEST_F(RunFileTest, AnyByteChangedIsRefusedOrHarmless) {
  const auto whole = Open();
  ASSERT_TRUE(whole.ok());
  const std::vector<std::string> counts = Entries(*whole, 3);
  for (size_t i = 0; i < bytes_.size(); ++i) {
    bytes_[i] ^= 0x41;
    const auto run = Open();
    if (!run.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(run.status())) << run.status();
    } else if (const auto read = Entries(*run, 3); read != counts) {
      EXPECT_THAT(read, ElementsAre(testing::HasSubstr("is damaged")))
          << "byte " << i;
    }
    bytes_[i] ^= 0x41;
  }
}

TEST_F(RunFileTest, AnyLengthCutOffIsRefused) {
  while (!bytes_.empty()) {
    bytes_.pop_back();
    EXPECT_TRUE(absl::IsDataLoss(Open().status())) << bytes_.size();
  }
}

TEST_F(RunFileTest, SortsGroupsThatComeInAnyOrderAndInPieces) {
  RunCollector collector;
  collector.BeginState(kCounts);
  for (const int group : {7, 2, 7, 1, 2, 2, 7}) {
    collector.Put(KeyGroup(group), absl::StrCat("k", next_key_--), "v");
  }
  bytes_ = collector.Encode();
  const auto run = Open();
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_THAT(Entries(*run, 3),
              ElementsAre("1 k6=v", "2 k4=v", "2 k5=v", "2 k8=v", "7 k3=v",
                          "7 k7=v", "7 k9=v"));
}

TEST(RunCollectorTest, IsEmptyWithStatesAlone) {
  RunCollector collector;
  EXPECT_TRUE(collector.empty());
  collector.BeginState(kCounts);
  EXPECT_TRUE(collector.empty());
  collector.Drop("a");
  EXPECT_FALSE(collector.empty());
}

}  // namespace
}  // namespace millrace
