#include "cli/replay_records.h"

#include <string>
#include <vector>

#include "cli/replayed_files_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"
#include "runtime/connector/letter_file.h"

namespace millrace::replay_records_test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ReplayRecordsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(RemoveTree(disk_, path_).ok()); }

  // Of one kind.
  void Write(const std::vector<LetterRecord>& all) {
    ASSERT_TRUE(disk_.MakeDirectory(FolderOf(path_)).ok());
    ReplayRecords records(path_, KindOf(all.front()), &disk_);
    for (const LetterRecord& record : all) {
      ASSERT_TRUE(records.Add(record).ok());
    }
    ASSERT_TRUE(records.Close().ok());
  }
  static LetterRecord OfFile(const std::string& raw,
                             const std::string& source = "/d/f") {
    return {{.text = "", .raw = raw, .source = source}};
  }

  std::vector<std::string> Files() { return FilesBelow(path_, disk_); }

  PosixDisk disk_;
  const std::string path_ = testing::TempDir() + "/replay_records/records";
};

TEST_F(ReplayRecordsTest, LinesStandTogetherInTheirOrder) {
  Write({OfFile("{1}"), OfFile("{2}", "/e/g"), OfFile("{\"a\":3}")});
  EXPECT_THAT(Files(), ElementsAre("lines: {1}\n{2}\n{\"a\":3}\n"));
}

TEST_F(ReplayRecordsTest, WhatALineCannotHoldIsAFileOfItsOwn) {
  Write({OfFile("{\n}"), OfFile("{\"a"), OfFile("a,\"b"), OfFile(""),
         OfFile("a\r"), OfFile("{}\r"), OfFile("[1]"), OfFile("{}")});
  EXPECT_THAT(Files(),
              UnorderedElementsAre("record-1: {\n}", "record-2: {\"a",
                                   "record-3: a,\"b", "record-4: \n",
                                   "record-5: a\r\r", "record-6: {}\r\r",
                                   "record-7: [1]", "lines: {}\n"));
}

TEST_F(ReplayRecordsTest, AFileLiesInThePartitionsThatItWasIn) {
  Write({OfFile("{1}", "/d/dt=1/h=2/f"), OfFile("{2}", "/d/dt=1/h=3/f"),
         OfFile("x", "/d/dt=1/h=2/g"), OfFile("{3}", "/d/dt=1/e/a=b"),
         OfFile("{4}", "s3://b/dt=2/f")});
  EXPECT_THAT(
      Files(),
      UnorderedElementsAre("dt=1/h=2/lines: {1}\n", "dt=1/h=3/lines: {2}\n",
                           "dt=1/h=2/record-1: x", "dt=1/lines: {3}\n",
                           "dt=2/lines: {4}\n"));
}

TEST_F(ReplayRecordsTest, MessagesAreAFileOfLetters) {
  LetterRecord record = {{.text = "",
                          .raw = "v\n",
                          .source = "t",
                          .partition = 2,
                          .position = 7},
                         {.message = MessageParts{.key = "k"}}};
  LetterRecord tombstone = record;
  tombstone.origin.raw = "";
  tombstone.parts.message->has_value = false;
  Write({record, tombstone});
  const auto file = LetterFile::Open(path_, 0);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*(*file)->Next(), record);
  EXPECT_EQ(*(*file)->Next(), tombstone);
  EXPECT_EQ(*(*file)->Next(), std::nullopt);
}

}  // namespace
}  // namespace millrace::replay_records_test
