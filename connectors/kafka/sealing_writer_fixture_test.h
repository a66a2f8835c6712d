#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/formats/raw_format.h"
#include "connectors/kafka/plain_kafka_test.h"
#include "connectors/kafka/sealing_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/batch/vector_value.h"

// A writer, a Kafka and a store of files that do as a test says.
namespace millrace::kafka::sealing_writer_test {

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

class SealingWriterFixture : public ::testing::Test {
 protected:
  SealingWriterFixture() {
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
                                      .wake = [] {},
                                      .output_files = files_,
                                      .takes_periodic_checkpoints =
                                          takes_periodic_checkpoints_};
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
    EXPECT_THAT(sealed->committables, ::testing::SizeIs(1));
    return sealed->committables.front();
  }
  // A barrier: how many committables it leaves.
  static size_t SealedAt(SealingWriter& writer, int64_t checkpoint) {
    EXPECT_EQ(*writer.Flush(), Writer::Accepted::kAll);
    return writer.Seal(CheckpointId(checkpoint))->committables.size();
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
  // What has completed is tried until it is seen that nobody is there.
  void LoseKafka(SealingWriter& writer, const Committable& completed) {
    kafka_.is_away = true;
    kafka_.holds = true;
    EXPECT_FALSE(Commit(writer, {completed}));
    for (int tries = 0; tries < Tries::kLookAgain; ++tries) {
      EXPECT_TRUE(writer.HeldUp().ok()) << "it may be back at once";
      kafka_.Release();
      kafka_.holds = true;
      EXPECT_TRUE(writer.Poll().ok());
    }
  }
  static void WriteMany(SealingWriter& writer, int records) {
    const std::string value(100'000, 'v');
    for (int i = 0; i < records; ++i) {
      ASSERT_EQ(Write(writer, value), Writer::Accepted::kAll);
    }
  }

  bool takes_periodic_checkpoints_ = true;
  ConnectorRegistry registry_;
  TableDescriptor table_;
  ManualClock clock_{absl::FromUnixSeconds(1000)};
  AtOnce background_;
  const std::shared_ptr<MemoryFiles> files_ = std::make_shared<MemoryFiles>();
  PlainKafka kafka_;
};

}  // namespace millrace::kafka::sealing_writer_test
