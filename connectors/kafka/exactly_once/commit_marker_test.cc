#include "connectors/kafka/exactly_once/commit_marker.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

const CommitMarker kMarker = {.position = {"a0", 7, 1},
                              .ancestors = {{"b0", 5, 0}, {"c0", 3, 2}}};

TEST(CommitMarkerTest, IsALineOfText) {
  EXPECT_THAT(kMarker.Encode("key"),
              testing::StartsWith("1 a0 7 1 b0:5:0,c0:3:2 "));
}

TEST(CommitMarkerTest, IsReadAsItWasWritten) {
  CommitMarker old = kMarker;
  old.ancestors_left_out = true;
  for (const CommitMarker& marker :
       {kMarker, old, CommitMarker{.position = {"a0", 1, 0}}}) {
    EXPECT_EQ(*CommitMarker::Decode("key", marker.Encode("key")), marker);
  }
}

TEST(CommitMarkerTest, NoticesEveryChangedByte) {
  const std::string whole = kMarker.Encode("key");
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 1;
    EXPECT_FALSE(CommitMarker::Decode("key", damaged).ok()) << i;
    EXPECT_FALSE(CommitMarker::Decode("key", whole.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(CommitMarker::Decode("other", whole).ok());
}

TEST(CommitMarkerTest, KnowsHowFarItsLineagesCame) {
  EXPECT_EQ(kMarker.PositionOf("a0")->sequence, 7);
  EXPECT_EQ(kMarker.PositionOf("c0")->chunk, 2);
  EXPECT_EQ(kMarker.PositionOf("d0"), std::nullopt);
}

TEST(CommitMarkerTest, TheNextOneNamesALineageOnce) {
  EXPECT_EQ(kMarker.Next({"a0", 8, 0}).ancestors, kMarker.ancestors);
  const CommitMarker back = kMarker.Next({"c0", 4, 0});
  EXPECT_EQ(back.ancestors,
            (std::vector<CommitPosition>{{"a0", 7, 1}, {"b0", 5, 0}}));
}

TEST(CommitMarkerTest, SaysThatItForgot) {
  CommitMarker marker = kMarker;
  for (size_t i = 0; i < CommitMarker::kMostAncestors; ++i) {
    marker = marker.Next({"n" + std::to_string(i), 1, 0});
  }
  EXPECT_TRUE(marker.ancestors_left_out);
  EXPECT_EQ(marker.ancestors.size(), CommitMarker::kMostAncestors);
  EXPECT_EQ(marker.PositionOf("c0"), std::nullopt);
}

}  // namespace
}  // namespace millrace::kafka
