#include "connectors/filesystem/file_enumerator.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

// "0:a@0 1:a@9." with "." when no more splits come, "hold" when the watermark
// is held.
std::string Text(const SplitEnumerator::Actions& actions) {
  std::string text;
  for (const auto& [subtask, split] : actions.assign) {
    absl::StrAppend(&text, text.empty() ? "" : " ", subtask, ":", split.id);
  }
  if (actions.no_more_splits) text += ".";
  if (actions.hold_watermark) text += " hold";
  return text;
}

std::vector<Split> Ranges(const std::vector<std::string>& ids) {
  std::vector<Split> splits;
  for (const std::string& id : ids) splits.push_back({id, "0.."});
  return splits;
}

TEST(FileEnumeratorTest, DealsRangesInOrderToWhoeverIsDone) {
  FileEnumerator enumerator({.parallelism = 2});
  EXPECT_EQ(Text(enumerator.OnDiscovered(
                Ranges({"a@0", "a@9", "a@18", "a@27"}))),
            "0:a@0 1:a@9");
  EXPECT_EQ(Text(enumerator.OnRequest(1)), "1:a@18");
  EXPECT_EQ(Text(enumerator.OnRequest(1)), "1:a@27.");
  EXPECT_EQ(Text(enumerator.OnRequest(0)), ".");
}

TEST(FileEnumeratorTest, HoldsTheWatermarkUntilEveryFileIsBegun) {
  FileEnumerator enumerator({.parallelism = 1});
  EXPECT_EQ(Text(enumerator.OnDiscovered(
                Ranges({"a@0", "a@9", "b@0", "b@9"}))),
            "0:a@0 hold");
  EXPECT_EQ(Text(enumerator.OnRequest(0)), "0:a@9 hold");
  EXPECT_EQ(Text(enumerator.OnRequest(0)), "0:b@0");
  EXPECT_EQ(Text(enumerator.OnRequest(0)), "0:b@9.");
}

}  // namespace
}  // namespace millrace
