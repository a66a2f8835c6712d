#include "cli/dead_letter_folder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"
#include "runtime/operators/dead_letter_writer.h"

namespace millrace::dead_letter_folder_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kLetter[] =
    R"({"time":"t","code":"SRC-0101","source":"f","raw_base64":"ew=="})";

class DeadLetterFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "/dead_letter_folder";
    ASSERT_TRUE(RemoveTree(disk_, root_).ok());
    ASSERT_TRUE(disk_.MakeDirectory(root_).ok());
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(root_, "/", name);
    EXPECT_TRUE(disk_.MakeDirectory(FolderOf(path)).ok());
    EXPECT_TRUE(WriteDurably(disk_, path, text).ok());
    return path;
  }

  PosixDisk disk_;
  std::string root_;
};

TEST_F(DeadLetterFolderTest, FindsThoseOfRunsHereAndOfClusters) {
  Write("b-01/dead-letters/t/part-1", kLetter);
  Write("b-01/dead-letters/.staging/part-1", kLetter);
  Write("a-02/dead-letters/u/part-1", kLetter);
  Write("none/lock", "");
  Write("dead-letters/0123/t/part-1", kLetter);
  const auto folders = FindDeadLetters(root_, &disk_);
  ASSERT_TRUE(folders.ok()) << folders.status();
  std::vector<std::string> found;
  for (const DeadLetterFolder& folder : *folders) {
    found.push_back(absl::StrCat(folder.job, " ", folder.table, " ",
                                 folder.of_cluster ? "cluster" : "here"));
  }
  EXPECT_THAT(found, ElementsAre("a-02 u here", "b-01 t here",
                                 "0123 t cluster"));
}

TEST_F(DeadLetterFolderTest, LeavesOutFilesThatEndedReplaysBeganWith) {
  for (const char* name : {"part-2", "part-1", "part-3", ".staged", "other"}) {
    Write(name, kLetter);
  }
  EXPECT_THAT(*DeadLetterFiles(root_, &disk_),
              ElementsAre("part-1", "part-2", "part-3"));
  const std::string ended = EndedReplays("") + "/1";
  Write(absl::StrCat(ended, kBegunWith), BegunWithText({"part-1", "part-3"}));
  Write(absl::StrCat(EndedReplays(""), "/2/records"), "of another version");
  EXPECT_THAT(*DeadLetterFiles(root_, &disk_), ElementsAre("part-2"));
}

TEST_F(DeadLetterFolderTest, ReadsALineALetter) {
  const std::string file =
      Write("part-1", absl::StrCat(kLetter, "\n", kLetter, "\n"));
  const auto letters = ReadDeadLetters(file, &disk_);
  ASSERT_EQ(letters->size(), 2u);
  EXPECT_EQ((*letters)[1].line, kLetter);
}

// Only of a file that no checkpoint completes may the end be missing.
TEST_F(DeadLetterFolderTest, OfLinesOutsideCheckpointsTheLastMayBeCutShort) {
  const std::string text =
      absl::StrCat(kLetter, "\n", std::string(kLetter).substr(0, 20));
  const std::string lines = Write(DeadLetterWriter::FileName({}), text);
  EXPECT_EQ(ReadDeadLetters(lines, &disk_)->size(), 1u);
  EXPECT_THAT(*DeadLetterFiles(root_, &disk_),
              ElementsAre(DeadLetterWriter::FileName({})));
  const std::string part = Write("part-0123456789abcdef-0-1", text);
  EXPECT_TRUE(absl::IsDataLoss(ReadDeadLetters(part, &disk_).status()));
  const std::string begun =
      Write(DeadLetterWriter::FileName({.attempt = 2}), "{");
  EXPECT_THAT(*ReadDeadLetters(begun, &disk_), IsEmpty());
}

}  // namespace
}  // namespace millrace::dead_letter_folder_test
