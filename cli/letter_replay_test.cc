#include "cli/letter_replay.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/dead_letter_folder.h"
#include "cli/replayed_files_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/posix_disk.h"
#include "runtime/connector/letter_file.h"
#include "runtime/operators/dead_letter_line.h"

namespace millrace::letter_replay_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LetterReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/letter_replay";
    ASSERT_TRUE(RemoveTree(disk_, folder_).ok());
    ASSERT_TRUE(disk_.MakeDirectory(folder_).ok());
  }

  void Part(const std::string& name, const std::vector<LetterRecord>& records) {
    std::string text;
    for (const LetterRecord& record : records) {
      RejectedRecord rejected = {record.origin,
                                 absl::InvalidArgumentError("SRC-0101: bad")};
      Attach(record.parts, rejected.error);
      absl::StrAppend(&text, DeadLetterLine({}, rejected, absl::Time()), "\n");
    }
    ASSERT_TRUE(
        WriteDurably(disk_, absl::StrCat(folder_, "/", name), text).ok());
  }
  LetterReplay Open() { return *LetterReplay::Open(folder_, &disk_); }
  // Whether there was anything.
  static bool Begin(LetterReplay& replay) {
    const auto any = replay.Prepare();
    if (!any.ok() || !*any) return false;
    const absl::Status begun = replay.Begin();
    EXPECT_TRUE(begun.ok()) << begun;
    return begun.ok();
  }
  std::vector<std::string> Left() {
    return *DeadLetterFiles(folder_, &disk_);
  }
  // What the lines and files of a replay's folder hold.
  std::vector<std::string> Records(const std::string& path) {
    return FilesBelow(path, disk_);
  }

  PosixDisk disk_;
  std::string folder_;
};

LetterRecord Record(const std::string& raw,
                    const std::string& source = "/d/f") {
  return {{.text = "", .raw = raw, .source = source}};
}

TEST_F(LetterReplayTest, TakesEachLetterOnce) {
  Part("part-1", {Record("{1}")});
  {
    LetterReplay replay = Open();
    ASSERT_TRUE(Begin(replay));
    EXPECT_EQ(replay.count().records, 1);
    EXPECT_EQ(replay.kind(), RecordKind::kOfFiles);
    // Of what comes meanwhile nothing is said to be replayed.
    Part("part-2", {Record("{2}")});
    EXPECT_THAT(Left(), ElementsAre("part-1", "part-2"));
    ASSERT_TRUE(replay.End().ok());
    EXPECT_THAT(Left(), ElementsAre("part-2"));
  }
  LetterReplay next = Open();
  ASSERT_TRUE(Begin(next));
  EXPECT_THAT(Records(next.records_path()), ElementsAre("lines: {2}\n"));
  ASSERT_TRUE(next.End().ok());
  EXPECT_FALSE(Begin(next));
}

TEST_F(LetterReplayTest, GoesOnWithTheOneThatWasCutShort) {
  Part("part-1", {Record("{1}")});
  std::string id;
  {
    LetterReplay replay = Open();
    ASSERT_TRUE(Begin(replay));
    id = replay.id();
  }
  Part("part-2", {Record("{2}")});
  LetterReplay again = Open();
  ASSERT_TRUE(Begin(again));
  EXPECT_EQ(again.id(), id);
  EXPECT_THAT(Records(again.records_path()), ElementsAre("lines: {1}\n"));
  ASSERT_TRUE(again.End().ok());
  EXPECT_THAT(Left(), ElementsAre("part-2"));
}

TEST_F(LetterReplayTest, OneAtATime) {
  const LetterReplay replay = Open();
  EXPECT_EQ(ErrorCode(LetterReplay::Open(folder_, &disk_).status()),
            "CLI-0043");
}

TEST_F(LetterReplayTest, LettersOfMessagesAndOfFilesAreNotReplayedAtOnce) {
  LetterRecord message = Record("v", "t");
  message.origin.partition = 2;
  message.parts.message = MessageParts{};
  Part("part-1", {Record("{1}")});
  Part("part-2", {message});
  {
    LetterReplay replay = Open();
    const auto begun = replay.Prepare();
    EXPECT_EQ(ErrorCode(begun.status()), "CLI-0042");
    EXPECT_THAT(std::string(begun.status().message()), HasSubstr("part-2"));
  }
  ASSERT_TRUE(
      disk_.Rename(folder_ + "/part-2", folder_ + "/.part-2").ok());
  LetterReplay replay = Open();
  EXPECT_TRUE(Begin(replay)) << "it had not begun";
}

TEST_F(LetterReplayTest, WhatASinkRefusedIsNoRecordOfATable) {
  const RejectedRecord refused = {
      {.text = "topic o", .raw = "{}"},
      UserError({.code = "SNK-0303", .what = "too large", .where = "",
                 .why = "", .fix = ""})};
  const std::string line = DeadLetterLine({}, refused, absl::Time()) + "\n";
  ASSERT_TRUE(WriteDurably(disk_, folder_ + "/part-1", line).ok());
  {
    LetterReplay replay = Open();
    const absl::Status none = replay.Prepare().status();
    EXPECT_EQ(ErrorCode(none), "CLI-0042");
    EXPECT_THAT(std::string(none.message()), HasSubstr("1 are rows on which"));
  }
  EXPECT_THAT(Left(), ElementsAre("part-1")) << "they are listed still";
  Part("part-2", {Record("{2}")});
  LetterReplay replay = Open();
  ASSERT_TRUE(Begin(replay));
  EXPECT_EQ(replay.count().rows, 1);
  EXPECT_THAT(Records(replay.records_path()), ElementsAre("lines: {2}\n"));
}

TEST_F(LetterReplayTest, OneThatIsReadyHasNotBegun) {
  Part("part-1", {Record("{1}")});
  ASSERT_TRUE(*Open().Prepare());
  Part("part-2", {Record("{2}")});
  LetterReplay replay = Open();
  ASSERT_TRUE(Begin(replay));
  EXPECT_THAT(Records(replay.records_path()),
              ElementsAre("lines: {1}\n{2}\n"));
}

TEST_F(LetterReplayTest, ThePlanIsForItsOwnerAndGoesWithTheEnd) {
  Part("part-1", {Record("{1}")});
  LetterReplay replay = Open();
  ASSERT_TRUE(Begin(replay));
  ASSERT_TRUE(replay.WritePlan("secret").ok());
  EXPECT_EQ(std::filesystem::status(replay.plan_path()).permissions(),
            std::filesystem::perms::owner_read |
                std::filesystem::perms::owner_write);
  const auto kept = replay.End();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_FALSE(std::filesystem::exists(*kept + "/plan.json"));
  EXPECT_TRUE(std::filesystem::exists(*kept + "/letters"));
}

TEST_F(LetterReplayTest, MessagesAreKeptWithTheirKeys) {
  LetterRecord message = Record("v", "t");
  message.origin.partition = 2;
  message.origin.position = 7;
  message.parts.message = MessageParts{.key = "k"};
  LetterRecord cut = message;
  cut.parts.cut = LetterParts::Whole{9 << 20, 1};
  Part("part-1", {message, cut});
  LetterReplay replay = Open();
  ASSERT_TRUE(Begin(replay));
  EXPECT_EQ(replay.kind(), RecordKind::kMessages);
  EXPECT_EQ(replay.count().records, 1);
  EXPECT_EQ(replay.count().cut, 1);
  const auto file = LetterFile::Open(replay.records_path(), 0);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*(*file)->Next(), message);
  EXPECT_EQ(*(*file)->Next(), std::nullopt);
}

}  // namespace
}  // namespace millrace::letter_replay_test
