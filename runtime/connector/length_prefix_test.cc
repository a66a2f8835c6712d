#include "runtime/connector/length_prefix.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace millrace::length_prefix_test {
namespace {

TEST(LengthPrefixTest, IsTakenFromWhatWasAppended) {
  const std::string any("3:\0\xff", 4);
  std::string out;
  for (const std::string& bytes : {any, std::string(), std::string("x")}) {
    AppendWithLength(bytes, out);
  }
  absl::string_view left = out;
  for (const std::string& bytes : {any, std::string(), std::string("x")}) {
    ASSERT_EQ(TakeLengthPrefix(left), bytes.size());
    EXPECT_EQ(left.substr(0, bytes.size()), bytes);
    left.remove_prefix(bytes.size());
  }
  EXPECT_EQ(left, "");
}

TEST(LengthPrefixTest, OfWhatIsNoneNothingIsTaken) {
  for (const absl::string_view text :
       {"", "7", ":", "-:", "-1:", "x7:", "7x:", "184467440737095516150:",
        "000000000000000000007:"}) {
    absl::string_view left = text;
    EXPECT_EQ(TakeLengthPrefix(left), std::nullopt) << text;
    EXPECT_EQ(left, text);
  }
}

TEST(LengthPrefixTest, OfTheLargestNumberIsTheLongest) {
  const uint64_t most = std::numeric_limits<uint64_t>::max();
  const std::string text = std::to_string(most) + ":";
  EXPECT_EQ(text.size(), kLongestLengthPrefix);
  absl::string_view left = text;
  EXPECT_EQ(TakeLengthPrefix(left), most);
}

}  // namespace
}  // namespace millrace::length_prefix_test
