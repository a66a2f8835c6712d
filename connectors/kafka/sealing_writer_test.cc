#include "connectors/kafka/sealing_writer.h"

#include <deque>

#include "absl/strings/str_cat.h"
#include "connectors/formats/raw_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/batch/vector_value.h"
#include "tests/sim/storage/sim_disk.h"

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
    for (; !held.empty(); held.pop_front()) held.front()();
  }

  std::vector<std::string> visible;  // Values of committed records.
  std::optional<std::string> marker;
  int64_t max_message_bytes = 1 << 20;
  bool holds = false;
  std::deque<std::function<void()>> held;

 private:
  class Session final : public KafkaSession {
   public:
    explicit Session(PlainKafka* kafka) : kafka_(*kafka) {}
    void Ask(session::Request request, absl::Duration, Done done) override {
      auto answer = [this, request, done] { done(Answer(request)); };
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
                                      .disk = &disk_,
                                      .wake = [] {}};
    auto writer = SealingWriter::Open(table_, *ReadKafkaSettings(table_),
                                      registry_, context, &kafka_);
    EXPECT_TRUE(writer.ok()) << writer.status();
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
  // An epoch of records of 100,000 bytes.
  Committable SealToFile(int records) {
    OpenEpoch open({.disk = &disk_,
                    .background = &background_,
                    .folder = kFolder,
                    .name = "1-0-0",
                    .wake = [] {}});
    const std::string value(100'000, 'v');
    OutputRecord record;
    record.value = value;
    for (int i = 0; i < records; ++i) EXPECT_TRUE(open.Append(record).ok());
    EXPECT_TRUE(*open.Persist());
    SealedEpoch epoch = {.lineage = "j0",
                         .transactional_id = "other",
                         .sequence = 1,
                         .topics = {"out"}};
    open.SealInto(epoch);
    return epoch.ToCommittable();
  }
  size_t FileCount() { return disk_.List(kFolder)->size(); }

  static constexpr char kFolder[] = "/chk/j0/sealed";

  ConnectorRegistry registry_;
  TableDescriptor table_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  AtOnce background_;
  SimDisk disk_{1};
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

TEST_F(SealingWriterTest, SealsAfterTheTopicsWereLookedAt) {
  kafka_.holds = true;
  auto writer = Open();
  EXPECT_FALSE(Settle(*writer) && writer->HasNews());
  Write(*writer, "a");
  EXPECT_EQ(*writer->Flush(), Writer::Accepted::kFull);
  kafka_.Release();
  EXPECT_EQ(*writer->Flush(), Writer::Accepted::kAll);
}

TEST_F(SealingWriterTest, RefusesARecordThatItsTopicDoesNotTake) {
  kafka_.max_message_bytes = 1000;
  auto writer = Open();
  Settle(*writer);
  Write(*writer, std::string(2000, 'x'));
  const absl::Status refused = writer->Flush().status();
  EXPECT_EQ(ErrorCode(refused), "SNK-0303");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("a record of 2000"));
}

TEST_F(SealingWriterTest, LargeEpochsLieInAFileUntilTheyAreCommitted) {
  auto writer = Open();
  Settle(*writer);
  const Committable sealed = SealToFile(10);
  EXPECT_LT(sealed.bytes.size(), 1000);
  EXPECT_EQ(FileCount(), 1);
  EXPECT_TRUE(Commit(*writer, {sealed}));
  EXPECT_THAT(kafka_.visible, SizeIs(10));
  EXPECT_EQ(FileCount(), 0);
}

TEST_F(SealingWriterTest, SmallOnesDoNot) {
  EXPECT_GT(SealToFile(1).bytes.size(), 100'000);
  EXPECT_EQ(FileCount(), 0);
}

TEST_F(SealingWriterTest, AFileThatIsGoneEndsTheAttempt) {
  auto writer = Open();
  Settle(*writer);
  const Committable sealed = SealToFile(10);
  SweepSealed(disk_, kFolder, 2);
  EXPECT_EQ(FileCount(), 0);
  ASSERT_TRUE(writer->Begin({sealed}).ok());
  absl::Status failed;
  while (failed.ok()) failed = writer->Poll().status();
  EXPECT_EQ(ErrorCode(failed), "SNK-0307");
}

TEST_F(SealingWriterTest, FilesOfALaterAttemptAreNotSwept) {
  SealToFile(10);
  SweepSealed(disk_, kFolder, 1);
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(SealingWriterTest, SoMuchWaitsAndNoMoreWhileItIsBeingSent) {
  table_.options["sink.max-pending"] = "1 kb";
  auto writer = Open();
  Settle(*writer);
  Write(*writer, std::string(600, 'a'));
  const Committable first = Seal(*writer, 1);
  EXPECT_EQ(Write(*writer, std::string(600, 'b')), Writer::Accepted::kAll)
      << "nothing is being sent: the barrier may be behind it";
  kafka_.holds = true;
  EXPECT_FALSE(Commit(*writer, {first}));
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kFull);
  while (!kafka_.held.empty()) {
    kafka_.Release();
    Settle(*writer);
  }
  EXPECT_EQ(Write(*writer, "c"), Writer::Accepted::kAll);
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
