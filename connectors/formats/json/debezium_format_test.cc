#include "connectors/formats/json/debezium_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/formats/decoder_probe.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = LogicalType;

class DebeziumTest : public ::testing::Test {
 protected:
  DebeziumTest() {
    RegisterDebeziumJsonFormat(registry_);
    columns_ = {{.name = "id", .type = Type::BigInt()},
                {.name = "skipped", .type = Type::String()},
                {.name = "name", .type = Type::String()},
                {.name = "tags", .type = Type::Array(Type::Integer())}};
    for (int field : {2, 0, 3}) {
      wanted_.columns.push_back({{field}, columns_[field].type});
    }
  }

  // Rows with their kinds, "+I name, id, tags".
  std::vector<std::string> Rows(const std::vector<std::string>& records) {
    auto decoder =
        (*registry_.FindFormat("debezium-json"))
            ->MakeDecoder({.columns = columns_, .options = options_}, wanted_);
    if (!decoder.ok()) return {std::string(decoder.status().message())};
    const RecordChunk input(records);
    std::vector<RawRecord> left = input.records;
    std::vector<std::string> shown;
    while (!left.empty()) {
      std::vector<Decoder::Rejection> rejected;
      const uint32_t done =
          (*decoder)->Decode(left, input.chunk, rejected);
      left.erase(left.begin(), left.begin() + done);
      const Batch batch = (*decoder)->TakeBatch();
      EXPECT_LE(batch.row_count, kMaxBatchRows);
      for (uint32_t row = 0; row < batch.row_count; ++row) {
        shown.push_back(absl::StrCat(ToString(batch.kind(row)), " ",
                                     ShownRow(batch, row)));
      }
      for (const auto& rejection : rejected) {
        shown.emplace_back(rejection.error.message());
      }
    }
    return shown;
  }

  ConnectorRegistry registry_;
  std::vector<TableColumn> columns_;
  SourceRequest wanted_;
  TableOptions options_;
};

constexpr char kInsert[] =
    R"({"before":null,"after":{"id":1,"name":"a name beyond inline","tags":[1,2]},"op":"c"})";
constexpr char kUpdate[] =
    R"({"before":{"id":1,"name":"x","tags":[]},"after":{"id":1,"name":"y","tags":null},"op":"u","ts_ms":5})";
constexpr char kDelete[] = R"({"before":{"id":1,"name":"y"},"after":null,"op":"d"})";

TEST_F(DebeziumTest, TurnsChangesIntoRows) {
  EXPECT_THAT(Rows({kInsert, kUpdate, kDelete, ""}),
              ElementsAre("+I 'a name beyond inline', 1, (1, 2)",
                          "-U 'x', 1, ()", "+U 'y', 1, null",
                          "-D 'y', 1, null"));
}

TEST_F(DebeziumTest, ReadsThePayloadBesideItsSchema) {
  options_["schema-include"] = "true";
  EXPECT_THAT(Rows({absl::StrCat(R"({"schema":{"a":[1]},"payload":)", kDelete,
                                 "}")}),
              ElementsAre("-D 'y', 1, null"));
}

TEST_F(DebeziumTest, RejectsWhatIsNoChange) {
  const std::vector<std::string> records = {
      R"({"before":null,"after":{"id":1},"op":"x"})",
      R"({"before":null,"after":{"id":1},"op":"u"})",
      R"({"before":null,"after":null,"op":"c"})",
      R"({"id":1})",
      R"({"before")"};
  EXPECT_THAT(
      Rows(records),
      ::testing::UnorderedElementsAre(
          "SRC-0121: unknown op 'x' of a change. Debezium's are c, r, u and d",
          "SRC-0121: the field before of a change with op u is null. In "
          "Postgres set REPLICA IDENTITY FULL for the table",
          "SRC-0121: the field after of a change with op c is null",
          "SRC-0121: unknown op '' of a change. Debezium's are c, r, u and d",
          HasSubstr("SRC-0101")));
  options_["ignore-parse-errors"] = "true";
  EXPECT_THAT(Rows(records), ::testing::IsEmpty());
}

TEST_F(DebeziumTest, KeepsBatchesWithinTheirLimit) {
  const auto rows = Rows(std::vector<std::string>(3000, kUpdate));
  ASSERT_EQ(rows.size(), 6000u);
  EXPECT_EQ(rows[4096], "-U 'x', 1, ()");
  EXPECT_EQ(rows[5999], "+U 'y', 1, null");
}

TEST_F(DebeziumTest, WritesChanges) {
  auto encoder = (*registry_.FindFormat("debezium-json"))
                     ->MakeEncoder({.columns = {columns_[0]}});
  const std::vector<Type> types = {Type::BigInt()};
  const std::vector<std::vector<Value>> rows = {{Value::Int(1)},
                                                {Value::Int(2)}};
  const std::vector<RowKind> kinds = {RowKind::kUpdateAfter,
                                      RowKind::kDelete};
  std::string out;
  std::vector<uint32_t> ends;
  ASSERT_TRUE((*encoder)->Encode(BatchOf(types, rows, kinds), out, ends).ok());
  EXPECT_EQ(out,
            R"({"before":null,"after":{"id":1},"op":"c"})"
            R"({"before":{"id":2},"after":null,"op":"d"})");
}

}  // namespace
}  // namespace millrace
