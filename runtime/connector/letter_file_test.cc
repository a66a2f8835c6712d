#include "runtime/connector/letter_file.h"

#include <cstdio>
#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

std::string FileOf(const std::string& bytes) {
  const std::string path = testing::TempDir() + "/letters";
  std::FILE* const file = std::fopen(path.c_str(), "w");
  EXPECT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
  std::fclose(file);
  return path;
}

LetterRecord Letter(const std::string& raw, MessageParts message) {
  return {{.text = "",
           .raw = raw,
           .source = "topic with\nits name",
           .partition = 3,
           .position = 1234567890123},
          {.message = std::move(message)}};
}

const std::string kAnyBytes("a\0\xff\n\r 3:", 8);

std::vector<LetterRecord> EveryKind() {
  return {Letter(kAnyBytes, {.key = kAnyBytes,
                             .bad_key = true,
                             .time_ms = 1700000000123}),
          Letter("", {.key = "", .has_value = false}),
          Letter("", {.headers = {{"h", "x:y"}, {"h", std::nullopt}}}),
          Letter("v", {.headers = {{"", ""}}}),
          {{.text = "", .raw = "of a file", .source = "f"},
           {.cut = LetterParts::Whole{9'000'000, ~uint64_t{0}}}}};
}

TEST(LetterFileTest, GivesBackEveryByteFromAnyLetterOn) {
  const std::vector<LetterRecord> letters = EveryKind();
  std::string bytes;
  std::vector<size_t> begins;
  for (const LetterRecord& letter : letters) {
    begins.push_back(bytes.size());
    AppendLetter(letter, bytes);
  }
  const std::string path = FileOf(bytes);
  for (size_t first = 0; first < letters.size(); ++first) {
    const auto file =
        LetterFile::Open(path, static_cast<int64_t>(begins[first]));
    ASSERT_TRUE(file.ok()) << file.status();
    for (size_t i = first; i < letters.size(); ++i) {
      const auto letter = (*file)->Next();
      ASSERT_TRUE(letter.ok()) << letter.status();
      EXPECT_EQ(*letter, letters[i]) << i;
    }
    EXPECT_EQ((*file)->offset(), static_cast<int64_t>(bytes.size()));
    EXPECT_EQ(*(*file)->Next(), std::nullopt);
  }
}

TEST(LetterFileTest, ATornFileIsNotReadToAWrongEnd) {
  std::string whole;
  AppendLetter(EveryKind()[2], whole);
  for (size_t size = 1; size < whole.size(); ++size) {
    const auto file = LetterFile::Open(FileOf(whole.substr(0, size)), 0);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(absl::IsDataLoss((*file)->Next().status())) << size;
  }
}

TEST(LetterFileTest, AnErrorTakesThePartsAlong) {
  for (const LetterRecord& letter : EveryKind()) {
    absl::Status error = absl::InvalidArgumentError("bad");
    Attach(letter.parts, error);
    EXPECT_EQ(LetterPartsOf(error), letter.parts);
  }
  EXPECT_EQ(LetterPartsOf(absl::InvalidArgumentError("bad")), LetterParts());
}

TEST(LetterFileTest, OneThatIsNotThereIsAnError) {
  EXPECT_FALSE(LetterFile::Open("/nowhere/letters", 0).ok());
}

}  // namespace
}  // namespace millrace
