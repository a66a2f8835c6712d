#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "connectors/filesystem/file_discovery.h"
#include "connectors/filesystem/file_split.h"
#include "connectors/filesystem/filesystem_connector.h"
#include "connectors/formats/csv_format.h"
#include "connectors/formats/decoder_probe.h"
#include "connectors/formats/json/json_format.h"
#include "runtime/connector/reader_restarts.h"

namespace millrace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Type = LogicalType;

// Files in a directory of the test's own, read through the connector.
class FileSourceTest : public ::testing::Test {
 protected:
  FileSourceTest()
      : root_(fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    RegisterJsonFormat(registry_);
    RegisterCsvFormat(registry_);
    RegisterFilesystemConnector(registry_);
    table_ = {.name = "t",
              .columns = {{.name = "a", .type = Type::BigInt()}},
              .options = {{"connector", "filesystem"},
                          {"path", root_.string()},
                          {"format", "json"}}};
  }

  void Write(const std::string& name, absl::string_view content) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  const Connector& connector() { return **registry_.Find("filesystem"); }

  std::unique_ptr<SplitReader> Reader() {
    auto reader =
        connector().MakeReader(table_, Everything(table_.columns), {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  std::vector<Split> Splits(int parallelism = 1) {
    auto discovery = connector().MakeDiscovery(table_, parallelism);
    return *(*discovery)->Discover();
  }
  // Reads until there is nothing left; rejections show as their messages.
  std::vector<std::string> Rows(SplitReader& reader,
                                uint32_t max_rows = kMaxBatchRows) {
    std::vector<std::string> rows;
    while (true) {
      auto poll = reader.Next(max_rows);
      if (!poll.ok()) return {std::string(poll.status().message())};
      if (poll->state == Poll::State::kNothing) return rows;
      EXPECT_LE(poll->batch.row_count, max_rows);
      for (uint32_t row = 0; row < poll->batch.row_count; ++row) {
        rows.push_back(ShownRow(poll->batch, row));
      }
      for (const RejectedRecord& rejected : poll->rejected) {
        rows.push_back(absl::StrCat(
            rejected.origin.text.substr(root_.string().size()), ": ",
            rejected.error.message()));
      }
    }
  }
  std::vector<std::string> ReadAll() {
    auto reader = Reader();
    for (const Split& split : Splits()) {
      EXPECT_TRUE(reader->AddSplit(split).ok());
    }
    return Rows(*reader);
  }

  const fs::path root_;
  ConnectorRegistry registry_;
  TableDescriptor table_;
};

std::string Gzipped(absl::string_view text) {
  std::string packed(compressBound(text.size()) + 64, '\0');
  z_stream state = {};
  deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  state.avail_in = text.size();
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = packed.size();
  EXPECT_EQ(deflate(&state, Z_FINISH), Z_STREAM_END);
  packed.resize(state.total_out);
  deflateEnd(&state);
  return packed;
}

std::string Zstandard(absl::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(),
                              text.size(), 3));
  return packed;
}

TEST_F(FileSourceTest, ReadsADirectoryInOrderAndLeavesHiddenFilesAlone) {
  Write("b.json", "{\"a\":3}\n{\"a\":4}");
  Write("a/x.json", "{\"a\":1}\r\n\n{\"a\":2}\n");
  Write("_SUCCESS", "no json");
  Write(".part-0.inprogress", "{\"a\":9}");
  Write("_temporary/c.json", "{\"a\":9}");
  EXPECT_THAT(ReadAll(), ElementsAre("1", "2", "3", "4"));
}

TEST_F(FileSourceTest, ReadsCompressedFiles) {
  std::string many;
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&many, "{\"a\":", i, "}\n");
  Write("1.json.gz", Gzipped(many) + Gzipped("{\"a\":-1}\n"));
  Write("2.json.zst", Zstandard(many) + Zstandard("{\"a\":-2}"));
  const auto rows = ReadAll();
  ASSERT_EQ(rows.size(), 200'002u);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_EQ(rows[i], absl::StrCat(i));
    ASSERT_EQ(rows[100'001 + i], absl::StrCat(i));
  }
  EXPECT_EQ(rows[100'000], "-1");
  EXPECT_EQ(rows[200'001], "-2");
}

TEST_F(FileSourceTest, SaysThatACompressedFileIsBroken) {
  const std::string packed = Gzipped(std::string(100'000, 'x'));
  Write("1.gz", packed.substr(0, packed.size() / 2));
  EXPECT_THAT(ReadAll(), ElementsAre(HasSubstr(
                             "SRC-0203: cannot decompress")));
  Write("1.gz", "{\"a\":1}");
  EXPECT_THAT(ReadAll(), ElementsAre(HasSubstr("incorrect header check")));
}

// Every way of cutting a file gives each record to one range.
TEST_F(FileSourceTest, RangesShareAFileExactly) {
  const std::string text = "{\"a\":1}\n{\"a\":22}\n\n{\"a\":333}\n{\"a\":4}";
  Write("f.json", text);
  for (int64_t bytes = 1; bytes <= static_cast<int64_t>(text.size()) + 1;
       ++bytes) {
    FileDiscovery discovery(
        {.path = (root_ / "f.json").string(), .range_bytes = bytes});
    std::vector<std::string> rows;
    const std::vector<Split> splits = *discovery.Discover();
    for (const Split& split : splits) {
      auto reader = Reader();
      ASSERT_TRUE(reader->AddSplit(split).ok());
      for (std::string& row : Rows(*reader)) rows.push_back(std::move(row));
    }
    EXPECT_THAT(rows, ElementsAre("1", "22", "333", "4")) << bytes;
  }
}

TEST_F(FileSourceTest, ContinuesWhereASnapshotWasTaken) {
  std::string text;
  for (int i = 0; i < 50; ++i) absl::StrAppend(&text, "{\"a\":", i, "}\n");
  Write("1.json", text);
  Write("2.json.gz", Gzipped(text));
  auto reader = Reader();
  for (const Split& split : Splits()) ASSERT_TRUE(reader->AddSplit(split).ok());
  std::vector<std::string> rows;
  while (true) {
    auto poll = *reader->Next(3);
    if (poll.state == Poll::State::kNothing) break;
    for (uint32_t row = 0; row < poll.batch.row_count; ++row) {
      rows.push_back(ShownRow(poll.batch, row));
    }
    const std::vector<Split> open = reader->Snapshot();
    reader = Reader();
    for (const Split& split : open) ASSERT_TRUE(reader->AddSplit(split).ok());
  }
  ASSERT_EQ(rows.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rows[i], absl::StrCat(i % 50));
}

TEST_F(FileSourceTest, RejectsRecordsWithTheirPlace) {
  table_.options["source.record-size-limit"] = "1 mb";
  Write("f.json", "{\"a\":1}\n{\"a\":x}\n{\"b\":\"" +
                      std::string(3 << 20, 'y') + "\"}\n{\"a\":2}\n{\"a\":\"" +
                      std::string(2 << 20, 'z'));
  auto rows = ReadAll();
  std::sort(rows.begin(), rows.end());
  EXPECT_THAT(
      rows,
      ElementsAre(
          "/f.json, byte 16: SRC-0204: a record of 3145736 bytes is longer "
          "than the limit of 1048576. Raise the table's option "
          "'source.record-size-limit'",
          HasSubstr("SRC-0204: a record of 2097158 bytes"),
          StartsWith("/f.json, byte 8: SRC-0101: malformed JSON"), "1", "2"));
}

TEST_F(FileSourceTest, KeepsNoMoreOfALongRecordThanThereIs) {
  table_.options["source.record-size-limit"] = "10 bytes";
  const std::string last = "{\"a\":" + std::string(20, '2') + "}";
  Write("f.json", "{\"a\":12345678}\n{\"a\":1}\n" + last);
  auto reader = Reader();
  for (const Split& split : Splits()) ASSERT_TRUE(reader->AddSplit(split).ok());
  const auto poll = reader->Next(kMaxBatchRows);
  ASSERT_TRUE(poll.ok()) << poll.status();
  ASSERT_EQ(poll->rejected.size(), 2);
  EXPECT_EQ(poll->rejected[0].origin.raw, "{\"a\":12345678}");
  EXPECT_EQ(poll->rejected[1].origin.raw, last);
}

TEST_F(FileSourceTest, FillsMetadataAndPartitionColumns) {
  table_.columns = {
      {.name = "path", .type = Type::String(), .metadata_key = "file.name"},
      {.name = "a", .type = Type::BigInt()},
      {.name = "size", .type = Type::BigInt(), .metadata_key = "file.size"},
      {.name = "dt", .type = Type::String()},
      {.name = "h", .type = Type::Integer()}};
  table_.partition_keys = {"dt", "h"};
  Write("dt=a%3Ab/h=7/f.json", "{\"a\":1}\n{\"a\":2,\"h\":9}\n");
  Write("dt=x/h=__DEFAULT_PARTITION__/g.json", "{\"a\":3}\n");
  EXPECT_THAT(ReadAll(), ElementsAre("'f.json', 1, 22, 'a:b', 7",
                                     "'f.json', 2, 22, 'a:b', 7",
                                     "'g.json', 3, 8, 'x', null"));
}

TEST_F(FileSourceTest, SaysWhatIsWrongWithATable) {
  const auto error = [&] {
    return std::string(connector().Describe(table_).status().message());
  };
  EXPECT_EQ(error(), "");
  table_.columns.push_back({.name = "m",
                            .type = Type::String(),
                            .metadata_key = "file.owner"});
  EXPECT_EQ(error(),
            "SQL-0908: connector 'filesystem' has no metadata 'file.owner' for "
            "column m. It has file.path, file.name, file.size, "
            "file.modification-time");
  table_.columns.pop_back();
  table_.options["source.monitor-intervall"] = "1 s";
  EXPECT_EQ(error(),
            "SQL-0901: connector 'filesystem' has no option "
            "'source.monitor-intervall'. Did you mean "
            "'source.monitor-interval'?");
  table_.options.erase("source.monitor-intervall");
  table_.options["format"] = "jsno";
  EXPECT_THAT(error(), HasSubstr("Did you mean 'json'?"));
  table_.options.erase("format");
  EXPECT_EQ(error(),
            "SQL-0902: option 'format' is missing: How records are written: "
            "json, csv, raw. Add 'format' = '...' to WITH");
  FileDiscovery nowhere({.path = (root_ / "nowhere").string()});
  EXPECT_THAT(std::string(nowhere.Discover().status().message()),
              ::testing::EndsWith("No such file or directory. Check the "
                                  "table's option 'path'"));
}

TEST_F(FileSourceTest, WatchesADirectory) {
  EXPECT_TRUE(connector().Describe(table_)->bounded);
  table_.options["source.monitor-interval"] = "10 s";
  EXPECT_FALSE(connector().Describe(table_)->bounded);
  auto enumerator = *connector().MakeEnumerator(table_, 2);
  Write("1", "");
  auto actions = enumerator->OnDiscovered(Splits());
  EXPECT_EQ(actions.assign.size(), 1u);
  EXPECT_EQ(actions.discover_after, absl::Seconds(10));
  Write("2", "");
  Write("3", "");
  actions = enumerator->OnDiscovered(Splits());
  ASSERT_EQ(actions.assign.size(), 1u);
  EXPECT_EQ(actions.assign[0].subtask, 1);
  EXPECT_THAT(actions.assign[0].split.id, HasSubstr("/2@0"));
  actions = enumerator->OnRequest(0);
  ASSERT_EQ(actions.assign.size(), 1u);
  EXPECT_THAT(actions.assign[0].split.id, HasSubstr("/3@0"));
  EXPECT_FALSE(actions.no_more_splits);
}

TEST_F(FileSourceTest, DealsSplitsOutOneAtATime) {
  for (const char* name : {"1", "2", "3"}) Write(name, "");
  auto enumerator = *connector().MakeEnumerator(table_, 2);
  EXPECT_TRUE(enumerator->OnRequest(1).assign.empty());
  auto actions = enumerator->OnDiscovered(Splits());
  EXPECT_EQ(actions.assign.size(), 2u);
  EXPECT_FALSE(actions.no_more_splits);
  // The third waits in the snapshot too.
  auto restored = *connector().MakeEnumerator(table_, 2);
  ASSERT_TRUE(restored->Restore(enumerator->Snapshot()).ok());
  actions = restored->OnDiscovered(Splits());
  ASSERT_EQ(actions.assign.size(), 1u);
  EXPECT_TRUE(actions.no_more_splits);
  EXPECT_TRUE(enumerator->OnRequest(1).no_more_splits);
}

TEST_F(FileSourceTest, AFileThatWasFoundIsNotCutAgain) {
  table_.options["source.monitor-interval"] = "10 s";
  const Split whole = {"/f@0", "0.."};
  auto enumerator = *connector().MakeEnumerator(table_, 1);
  EXPECT_EQ(enumerator->OnDiscovered({whole}).assign.size(), 1u);
  for (const bool restored : {false, true}) {
    if (restored) {
      const std::string snapshot = enumerator->Snapshot();
      enumerator = *connector().MakeEnumerator(table_, 2);
      ASSERT_TRUE(enumerator->Restore(snapshot).ok());
    }
    // It has grown, or several readers share it now.
    const auto actions = enumerator->OnDiscovered(
        {{"/f@0", "0..100"}, {"/f@100", "~100.."}});
    EXPECT_TRUE(actions.assign.empty());
  }
  EXPECT_EQ(enumerator->OnDiscovered({whole, {"/g@0", "0.."}}).assign.size(),
            1u);
}

TEST_F(FileSourceTest, ARestoredSourceThatIsNotWatchedFindsNothingMore) {
  auto before = *connector().MakeEnumerator(table_, 1);
  auto unbegun = *connector().MakeEnumerator(table_, 1);
  ASSERT_TRUE(unbegun->Restore(before->Snapshot()).ok());
  EXPECT_EQ(unbegun->OnDiscovered({{"/f\n\t@0", "0.."}}).assign.size(), 1u);
  auto begun = *connector().MakeEnumerator(table_, 1);
  ASSERT_TRUE(begun->Restore(unbegun->Snapshot()).ok());
  const auto actions = begun->OnDiscovered({{"/g@0", "0.."}});
  EXPECT_TRUE(actions.assign.empty());
  EXPECT_TRUE(actions.no_more_splits);
  EXPECT_FALSE(begun->Restore("nonsense").ok());
}

TEST_F(FileSourceTest, GivesTheSameRowsWhereverItIsRestarted) {
  table_.options["source.record-size-limit"] = "30 bytes";
  std::string text;
  for (int i = 0; i < 30; ++i) {
    absl::StrAppend(&text, "{\"a\":", i, "}\n");
    if (i % 5 == 3) absl::StrAppend(&text, "{\"a\":nonsense}\r\n");
    if (i % 7 == 3) absl::StrAppend(&text, std::string(50, 'x'), "\n");
  }
  text += "{\"a\":30}";
  Write("1.json", text);
  Write("2.json.gz", Gzipped(text));
  Write("3.json.zst", Zstandard(text));
  for (const int64_t range : {0, 64, 1000}) {
    FileDiscovery discovery(
        {.path = root_.string(), .range_bytes = range});
    const ReaderRestarts restarts({.make = [&] { return Reader(); },
                                   .splits = *discovery.Discover(),
                                   .types = {Type::BigInt()}});
    EXPECT_EQ(restarts.Difference(), "") << "ranges of " << range;
    EXPECT_EQ(restarts.Rows()->size(), 3u * (31 + 6 + 4));
  }
}

TEST_F(FileSourceTest, TellsOfALongRecordOnceWhereverItIsRestarted) {
  table_.options["source.record-size-limit"] = "100 kb";
  Write("f.json", "{\"a\":1}\n" + std::string(1 << 20, 'x') +
                      "\n{\"a\":2}\n{\"a\":3}\n");
  const ReaderRestarts restarts({.make = [&] { return Reader(); },
                                 .splits = Splits(),
                                 .types = {Type::BigInt()},
                                 .max_rows = 1});
  EXPECT_EQ(restarts.Difference(), "");
  EXPECT_EQ(restarts.Rows()->size(), 4u);
}

TEST_F(FileSourceTest, GivesTheSameRowsOfQuotedLinesWhereverItIsRestarted) {
  table_.options["format"] = "csv";
  table_.columns.push_back({.name = "b", .type = Type::String()});
  Write("f.csv", "1,\"two\nlines\"\n2,one\n3,\"a\n\nb\"\n4,x\n");
  const ReaderRestarts restarts({.make = [&] { return Reader(); },
                                 .splits = Splits(),
                                 .types = {Type::BigInt(), Type::String()},
                                 .max_rows = 1});
  EXPECT_EQ(restarts.Difference(), "");
  EXPECT_EQ(restarts.Rows()->size(), 4u);
}

}  // namespace
}  // namespace millrace
