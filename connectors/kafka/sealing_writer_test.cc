#include "connectors/kafka/sealing_writer.h"

#include <algorithm>
#include <deque>
#include <map>

#include "absl/strings/str_cat.h"
#include "connectors/formats/raw_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/batch/vector_value.h"

namespace millrace::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A Kafka where nothing ever goes wrong; it may keep its answers back.
class PlainKafka final : public KafkaPort {
 public:
  absl::StatusOr<std::unique_ptr<KafkaSession>> Open(
      const SessionOptions&) override {
    return std::make_unique<Session>(this);
  }
  void Release() {
    holds = false;
    chunks_held = 0;
    for (; !held.empty(); held.pop_front()) held.front()();
  }

  std::vector<std::string> visible;  // Values of committed records.
  std::optional<std::string> marker;
  int64_t max_message_bytes = 1 << 20;
  bool holds = false;
  size_t chunks_held = 0;
  std::deque<std::function<void()>> held;

 private:
  class Session final : public KafkaSession {
   public:
    explicit Session(PlainKafka* kafka) : kafka_(*kafka) {}
    void Ask(session::Request request, absl::Duration, Done done) override {
      auto answer = [this, request, done] { done(Answer(request)); };
      kafka_.chunks_held += std::holds_alternative<session::SendChunk>(request);
      kafka_.held.push_back(answer);
      if (!kafka_.holds) kafka_.Release();
    }

   private:
    session::Answer Answer(const session::Request& request) {
      session::Answer answer;
      if (std::holds_alternative<session::Describe>(request)) {
        session::TopicFacts topic = {.name = "out",
                                     .exists = true,
                                     .partitions = 4,
                                     .replicas = 3};
        topic.config["max.message.bytes"] =
            absl::StrCat(kafka_.max_message_bytes);
        answer.topics = {topic, topic};
      } else if (std::holds_alternative<session::ReadMarkers>(request)) {
        answer.marker = kafka_.marker;
      } else if (auto* send = std::get_if<session::SendChunk>(&request)) {
        BlockReader reader(send->chunk->blocks);
        while (const auto record = *reader.Next()) {
          open_.emplace_back(*record->value);
        }
      } else if (auto* marker = std::get_if<session::SendMarker>(&request)) {
        marker_ = marker->value;
      } else if (std::holds_alternative<session::Commit>(request)) {
        kafka_.visible.insert(kafka_.visible.end(), open_.begin(), open_.end());
        open_.clear();
        kafka_.marker = marker_;
      }
      return answer;
    }

    PlainKafka& kafka_;
    std::vector<std::string> open_;
    std::string marker_;
  };
};

class AtOnce final : public Executor {
  void Post(std::function<void()> work) override { work(); }
};

// The files of a checkpoint store.
class MemoryFiles final : public OutputFiles {
 public:
  absl::StatusOr<OutputFile> Put(int64_t number,
                                 absl::string_view bytes) override {
    if (is_away) return absl::UnavailableError("the store is away");
    OutputFile file = {.name = absl::StrCat("out-", number),
                       .size_bytes = static_cast<int64_t>(bytes.size())};
    largest_bytes = std::max(largest_bytes, file.size_bytes);
    files[file.name] = std::string(bytes);
    return file;
  }
  absl::StatusOr<std::string> Get(const OutputFile& file) override {
    if (is_away) return absl::Status(why_away, "the store is away");
    const auto found = files.find(file.name);
    if (found != files.end()) return found->second;
    return absl::DataLossError(absl::StrCat("no ", file.name));
  }
  void Drop(const OutputFile& file) override { files.erase(file.name); }

  std::map<std::string, std::string> files;
  int64_t largest_bytes = 0;
  bool is_away = false;
  absl::StatusCode why_away = absl::StatusCode::kUnavailable;
};

class SealingWriterTest : public ::testing::Test {
 protected:
  SealingWriterTest() {
    RegisterRawFormat(registry_);
    table_ = {.name = "t",
              .columns = {{.name = "v", .type = LogicalType::String()}},
              .options = {{"connector", "kafka"},
                          {"topic", "out"},
                          {"properties.bootstrap.servers", "b:1"},
                          {"format", "raw"}}};
  }

  std::unique_ptr<SealingWriter> Open(int64_t attempt = 1) {
    const ConnectorContext context = {.job_id = "j0",
                                      .attempt = attempt,
                                      .clock = &clock_,
                                      .background = &background_,
                                      .wake = [] {}};
    auto writer = SealingWriter::Open(table_, *ReadKafkaSettings(table_),
                                      registry_, context, &kafka_);
    EXPECT_TRUE(writer.ok()) << writer.status();
    (*writer)->KeepIn(files_);
    return *std::move(writer);
  }

  static Writer::Accepted Write(SealingWriter& writer,
                                const std::string& value) {
    const std::vector<LogicalType> types = {LogicalType::String()};
    const std::vector<std::vector<Value>> rows = {{Value::Text(value)}};
    return *writer.Write(BatchOf(types, rows));
  }
  // A barrier.
  static Committable Seal(SealingWriter& writer, int64_t checkpoint) {
    EXPECT_EQ(*writer.Flush(), Writer::Accepted::kAll);
    auto sealed = writer.Seal(CheckpointId(checkpoint));
    EXPECT_THAT(sealed->committables, SizeIs(1));
    return sealed->committables.front();
  }
  // Its checkpoint has completed.
  static bool Commit(SealingWriter& writer,
                     std::vector<Committable> committables) {
    EXPECT_TRUE(writer.Begin(std::move(committables)).ok());
    return Settle(writer);
  }
  static bool Settle(SealingWriter& writer) {
    bool done = false;
    do {
      const auto polled = writer.Poll();
      EXPECT_TRUE(polled.ok()) << polled.status();
      done = polled.ok() && *polled;
    } while (!done && writer.HasNews());
    return done;
  }
  static void WriteMany(SealingWriter& writer, int records) {
    const std::string value(100'000, 'v');
    for (int i = 0; i < records; ++i) {
      ASSERT_EQ(Write(writer, value), Writer::Accepted::kAll);
    }
  }

  ConnectorRegistry registry_;
  TableDescriptor table_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  AtOnce background_;
  const std::shared_ptr<MemoryFiles> files_ = std::make_shared<MemoryFiles>();
  PlainKafka kafka_;
};

TEST_F(SealingWriterTest, ShowsRowsWhenTheirCheckpointHasCompleted) {
  auto writer = Open();
  Settle(*writer);
  Write(*writer, "a");
  const Committable first = Seal(*writer, 1);
  Write(*writer, "b");
  EXPECT_THAT(kafka_.visible, IsEmpty());
  EXPECT_TRUE(Commit(*writer, {first}));
  EXPECT_THAT(kafka_.visible, ElementsAre("a"));
  EXPECT_TRUE(Commit(*writer, {Seal(*writer, 2), Seal(*writer, 3)}));
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

TEST_F(SealingWriterTest, SoMuchWaitsAndNoMoreWhileItIsBeingSent) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  Write(*writer, std::string(600, 'a'));
  const Committable first = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, std::string(600, 'b')), Writer::Accepted::kAll);
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first}));
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kFull);
  writer->OnCheckpointBegun(CheckpointId(2));
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kFull)
      << "it is not a checkpoint that it waits for";
  while (!kafka_.held.empty()) {
    kafka_.Release();
    Settle(*writer);
  }
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kAll);
}

TEST_F(SealingWriterTest, SoMuchWaitsAndNoMoreWhereNoCheckpointCompletes) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  const std::string row(600, 'a');
  Write(*writer, row);
  Write(*writer, row);
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "all of it open";
  writer->OnCheckpointBegun(CheckpointId(1));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll)
      << "the barrier is behind it";
  const Committable sealed = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "it has come";
  writer->OnCheckpointBegun(CheckpointId(1));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "told too late";
  writer->OnCheckpointBegun(CheckpointId(2));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll);
  writer->OnCheckpointAborted(CheckpointId(2));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull) << "it may not come";
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll);
  EXPECT_THAT(kafka_.visible, SizeIs(3)) << "and nothing is dropped";
}

TEST_F(SealingWriterTest, ADrainWaitsForKafkaAndForNoCheckpoint) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  const std::string row(600, 'a');
  Write(*writer, row);
  Write(*writer, row);
  const Committable first = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull);
  writer->OnDraining();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll)
        << "the final barrier is behind all of them";
  }
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first}));
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kFull);
  while (!kafka_.held.empty()) {
    kafka_.Release();
    Settle(*writer);
  }
  EXPECT_EQ(Write(*writer, row), Writer::Accepted::kAll);
}

TEST_F(SealingWriterTest, WithoutPeriodicCheckpointsThereIsNoLimit) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  writer->ExpectNoBarrier();
  Settle(*writer);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Write(*writer, std::string(600, 'a')), Writer::Accepted::kAll);
  }
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
}  // namespace millrace::kafka
