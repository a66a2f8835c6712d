#include "connectors/kafka/sealing_writer.h"

#include "absl/strings/str_cat.h"
#include "connectors/kafka/sealing_writer_fixture_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::kafka::sealing_writer_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SealingWriterTest : public SealingWriterFixture {};

TEST_F(SealingWriterTest, ShowsRowsWhenTheirCheckpointHasCompleted) {
  auto writer = Open();
  Settle(*writer);
  Write(*writer, "a");
  const Committable first = Seal(*writer, 1);
  Write(*writer, "b");
  EXPECT_THAT(kafka_.visible, IsEmpty());
  EXPECT_TRUE(Commit(*writer, {first}));
  EXPECT_THAT(kafka_.visible, ElementsAre("a"));
  EXPECT_TRUE(Commit(*writer, {Seal(*writer, 2)}));
  EXPECT_THAT(kafka_.visible, ElementsAre("a", "b"));
}

TEST_F(SealingWriterTest, CommitsOnceWhateverAttemptDoes) {
  Committable sealed;
  {
    auto writer = Open();
    Settle(*writer);
    Write(*writer, "a");
    sealed = Seal(*writer, 1);
    EXPECT_TRUE(Commit(*writer, {sealed}));
  }
  for (int attempt = 2; attempt <= 3; ++attempt) {
    auto writer = Open(attempt);
    Settle(*writer);
    EXPECT_TRUE(Commit(*writer, {sealed}));
  }
  EXPECT_THAT(kafka_.visible, ElementsAre("a"));
}

TEST_F(SealingWriterTest, TakesRowsWhenTheTopicsWereLookedAt) {
  kafka_.holds = true;
  auto writer = Open();
  EXPECT_EQ(Write(*writer, "a"), Writer::Accepted::kFull);
  EXPECT_EQ(*writer->Flush(), Writer::Accepted::kFull);
  kafka_.Release();
  EXPECT_EQ(Write(*writer, "a"), Writer::Accepted::kAll);
  EXPECT_EQ(*writer->Flush(), Writer::Accepted::kAll);
}

TEST_F(SealingWriterTest, RefusesARecordThatItsTopicDoesNotTake) {
  kafka_.max_message_bytes = 1000;
  auto writer = Open();
  Settle(*writer);
  Write(*writer, "before");
  Write(*writer, std::string(2000, 'x'));
  Write(*writer, "after");
  const std::vector<CommittingWriter::Refused> refused = writer->TakeRefused();
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(ErrorCode(refused[0].error), "SNK-0303");
  EXPECT_THAT(refused[0].raw, SizeIs(2000));
  EXPECT_THAT(writer->TakeRefused(), IsEmpty());
  EXPECT_TRUE(Commit(*writer, {Seal(*writer, 1)}));
  EXPECT_THAT(kafka_.visible, ElementsAre("before", "after"));
}

TEST_F(SealingWriterTest, ALargeEpochLiesInFilesOfTheCheckpoint) {
  auto writer = Open();
  Settle(*writer);
  WriteMany(*writer, 20);
  const Committable sealed = Seal(*writer, 1);
  EXPECT_LT(sealed.bytes.size(), 1000);
  const std::vector<OutputFile> files = writer->FilesOf(sealed);
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_TRUE(files_->files.contains(files.front().name));
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_THAT(kafka_.visible, SizeIs(20));
  EXPECT_THAT(files_->files, SizeIs(1)) << "whoever counts them deletes them";
}

TEST_F(SealingWriterTest, ASmallOneLiesInTheCheckpointItself) {
  auto writer = Open();
  Settle(*writer);
  WriteMany(*writer, 5);
  EXPECT_GT(Seal(*writer, 1).bytes.size(), 500'000);
  EXPECT_THAT(files_->files, IsEmpty());
}

TEST_F(SealingWriterTest, SmallOnesThatWaitTogetherDoNot) {
  auto writer = Open();
  Settle(*writer);
  std::vector<Committable> waiting;
  for (int checkpoint = 1; checkpoint <= 5; ++checkpoint) {
    WriteMany(*writer, 5);
    waiting.push_back(Seal(*writer, checkpoint));
  }
  EXPECT_THAT(files_->files, SizeIs(3));
  EXPECT_TRUE(Commit(*writer, waiting));
  EXPECT_THAT(kafka_.visible, SizeIs(25));
  WriteMany(*writer, 5);
  EXPECT_THAT(writer->FilesOf(Seal(*writer, 6)), IsEmpty())
      << "nothing waits any more";
}

TEST_F(SealingWriterTest, AChunkLeavesMemoryWhenItIsFull) {
  auto writer = Open();
  Settle(*writer);
  const int per_chunk = static_cast<int>(SealedEpoch::kChunkBytes / 100'000);
  WriteMany(*writer, 2 * per_chunk + 20);
  EXPECT_THAT(files_->files, SizeIs(2)) << "before any barrier";
  EXPECT_LT(files_->largest_bytes, SealedEpoch::kChunkBytes + (1 << 20));
  const Committable sealed = Seal(*writer, 1);
  EXPECT_THAT(writer->FilesOf(sealed), SizeIs(3));
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_THAT(kafka_.visible, SizeIs(2 * per_chunk + 20));
}

TEST_F(SealingWriterTest, WhatWasNeverSealedIsDropped) {
  auto writer = Open();
  Settle(*writer);
  WriteMany(*writer, static_cast<int>(SealedEpoch::kChunkBytes / 100'000) + 9);
  EXPECT_THAT(files_->files, SizeIs(1));
  writer = nullptr;
  EXPECT_THAT(files_->files, IsEmpty());
}

TEST_F(SealingWriterTest, ALaterAttemptReadsTheFiles) {
  Committable sealed;
  {
    auto writer = Open();
    Settle(*writer);
    WriteMany(*writer, 20);
    sealed = Seal(*writer, 1);
  }
  auto writer = Open(2);
  Settle(*writer);
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_THAT(kafka_.visible, SizeIs(20));
}

TEST_F(SealingWriterTest, ASavepointMayGiveTheFilesOtherNames) {
  auto writer = Open();
  Settle(*writer);
  WriteMany(*writer, 20);
  Committable sealed = Seal(*writer, 1);
  std::vector<OutputFile> files = writer->FilesOf(sealed);
  files[0].name = "copy";
  files_->files["copy"] = files_->files.begin()->second;
  files_->files.erase("out-0");
  sealed = writer->WithFiles(std::move(sealed), files);
  EXPECT_EQ(writer->FilesOf(sealed), files);
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_THAT(kafka_.visible, SizeIs(20));
}

TEST_F(SealingWriterTest, ManyThatWereRestoredAreNotInMemoryTogether) {
  std::vector<Committable> restored;
  for (int subtask = 0; subtask < 5; ++subtask) {
    const ConnectorContext other = {.job_id = "j0",
                                    .subtask = subtask + 1,
                                    .clock = &clock_,
                                    .background = &background_,
                                    .wake = [] {}};
    auto writer = *SealingWriter::Open(table_, *ReadKafkaSettings(table_),
                                       registry_, other, &kafka_);
    Settle(*writer);
    Write(*writer, absl::StrCat(subtask));
    restored.push_back(Seal(*writer, 1));
  }
  auto writer = Open(2);
  Settle(*writer);
  EXPECT_TRUE(writer->Begin(restored).ok());
  size_t most = 0;
  bool done = false;
  for (int round = 0; round < 100 && !done; ++round) {
    kafka_.holds = true;
    done = Settle(*writer);
    most = std::max(most, kafka_.chunks_held);
    kafka_.Release();
  }
  EXPECT_TRUE(done);
  EXPECT_EQ(most, KafkaCommitter::kMostChunks);
  EXPECT_THAT(kafka_.visible, SizeIs(5));
}

TEST_F(SealingWriterTest, AFileThatIsGoneEndsTheAttempt) {
  auto writer = Open();
  Settle(*writer);
  WriteMany(*writer, 20);
  const Committable sealed = Seal(*writer, 1);
  const auto failure = [&] {
    EXPECT_TRUE(writer->Begin({sealed}).ok());
    absl::Status failed;
    while (failed.ok()) failed = writer->Poll().status();
    EXPECT_EQ(ErrorCode(failed), "SNK-0307");
    return failed;
  };
  files_->is_away = true;
  for (const absl::StatusCode passing :
       {absl::StatusCode::kUnavailable, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kResourceExhausted, absl::StatusCode::kInternal}) {
    files_->why_away = passing;
    EXPECT_TRUE(absl::IsUnavailable(failure())) << "it may come back";
    writer = Open(2);
    Settle(*writer);
  }
  files_->is_away = false;
  files_->files.clear();
  writer = Open(2);
  Settle(*writer);
  const absl::Status gone = failure();
  EXPECT_TRUE(absl::IsDataLoss(gone));
  EXPECT_THAT(std::string(gone.message()), HasSubstr("no out-0"));
}

TEST_F(SealingWriterTest, AStoreThatIsAwayEndsTheAttempt) {
  auto writer = Open();
  Settle(*writer);
  WriteMany(*writer, 20);
  files_->is_away = true;
  const absl::Status away = writer->Flush().status();
  EXPECT_EQ(ErrorCode(away), "SNK-0309");
  EXPECT_TRUE(absl::IsUnavailable(away));
}

TEST(TransactionalIdPrefixTest, IsWhatTheTableSaysOrItsTopic) {
  KafkaSettings settings;
  settings.topics = {"out"};
  EXPECT_EQ(TransactionalIdPrefix(settings), "out");
  settings.transactional_id_prefix = "mine";
  EXPECT_EQ(TransactionalIdPrefix(settings), "mine");
  EXPECT_EQ(CommitsTopic("mine !"), "__mine___commits");
  EXPECT_THAT(CommitsTopic(std::string(300, 'x')), SizeIs(249));
}

}  // namespace
}  // namespace millrace::kafka::sealing_writer_test
