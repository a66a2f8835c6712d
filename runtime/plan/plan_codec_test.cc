#include "runtime/plan/plan_codec.h"

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "runtime/base/error.h"
#include "runtime/plan/object_reader.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

TableDescriptor Events() {
  return {.name = "events",
          .columns = {{.name = "k", .type = LogicalType::String()},
                      {.name = "r",
                       .type = LogicalType::Row(
                           {{"v", LogicalType::BigInt()},
                            {"t", LogicalType::Timestamp(3)}})},
                      {.name = "offset",
                       .type = LogicalType::BigInt().NotNull(),
                       .metadata_key = "offset",
                       .is_virtual = true}},
          .options = {{"connector", "kafka"}}};
}

// A literal of every form that a plan can hold.
std::vector<Expr> Literals() {
  const auto literal = [](Value value, LogicalType type) {
    return Expr::Literal(std::move(value), std::move(type));
  };
  const LogicalType row = LogicalType::Row(
      {{"a", LogicalType::Integer()}, {"b", LogicalType::String()}});
  return {
      literal(Value::Null(), LogicalType()),
      literal(Value::Bool(true), LogicalType::Boolean()),
      literal(Value::Int(INT64_MIN), LogicalType::BigInt()),
      literal(Value::Int128(-(static_cast<__int128>(1) << 100)),
              LogicalType::Decimal(38, 2)),
      literal(Value::Double(0.1), LogicalType::Double()),
      literal(Value::Double(-std::numeric_limits<double>::infinity()),
              LogicalType::Double()),
      literal(Value::Nanos({-5, 7}), LogicalType::Timestamp(9)),
      literal(Value::Text("ü\"\n"), LogicalType::String()),
      literal(Value::Text("\xff\x01"), LogicalType::String()),
      literal(Value::Text("ab"), LogicalType::Binary(2)),
      literal(Value::List({Value::Int(1), Value::Null()}), row),
      literal(Value::List({Value::Text("k"), Value::Int(2)}),
              LogicalType::Map(LogicalType::String(), LogicalType::Integer())),
  };
}

SourceSpec Source() {
  SourceSpec spec;
  spec.table = Events();
  spec.request.columns = {{{0}, LogicalType::String()},
                          {{1, 1}, LogicalType::Timestamp(3)}};
  const Expr k = Expr::Column(0, LogicalType::String());
  const Expr t = Expr::Column(1, LogicalType::Timestamp(3));
  spec.request.filter = {
      Expr::Call("IS NOT NULL", LogicalType::Boolean().NotNull(), {k})};
  spec.columns = {k, t};
  spec.watermark = WatermarkSpec{.watermark = t,
                                 .event_time_column = 1,
                                 .idle_timeout_ms = 5};
  spec.filter = Expr::Lazy(
      Expr::Kind::kAnd, LogicalType::Boolean(),
      {Expr::Call("=", LogicalType::Boolean(), {k, k}),
       Expr::Lazy(Expr::Kind::kOr, LogicalType::Boolean(),
                  {spec.request.filter[0], spec.request.filter[0]})});
  spec.rejected_into = Events();
  return spec;
}

CalcSpec Calc() {
  CalcSpec spec;
  spec.projection = Literals();
  const Expr k = Expr::Column(0, LogicalType::String());
  spec.projection.push_back(Expr::Lazy(
      Expr::Kind::kCase, LogicalType::String(),
      {Expr::Call("LIKE", LogicalType::Boolean(), {k, k}), k, k}));
  spec.projection.push_back(
      Expr::Lazy(Expr::Kind::kCoalesce, LogicalType::String(), {k, k}));
  spec.projection.push_back(Expr::Field(spec.projection[10], 1));
  return spec;
}

std::vector<RowField> OutputOf(const std::vector<Expr>& exprs) {
  std::vector<RowField> fields;
  for (size_t i = 0; i < exprs.size(); ++i) {
    fields.push_back({absl::StrCat("c", i), exprs[i].type});
  }
  return fields;
}

WindowSpec Hop() {
  return {.kind = WindowSpec::Kind::kHop,
          .size_ms = 10'000,
          .step_ms = 2'000,
          .offset_ms = -1,
          .time_column = 1};
}

AggregateCall Count() {
  return {.function = "COUNT", .result = LogicalType::BigInt().NotNull()};
}

// A plan with a vertex of every kind.
JobPlan EveryKind() {
  JobPlan plan;
  plan.name = "every kind";
  plan.config = {{"a", "b"}};
  plan.rejected_into = Events();
  const auto add = [&](std::string uid, OperatorSpec spec,
                       std::vector<RowField> output) {
    Vertex vertex;
    vertex.id = VertexId(static_cast<int32_t>(plan.vertices.size()));
    vertex.uid = std::move(uid);
    vertex.fingerprint = 0xfedcba9876543210;
    vertex.name = vertex.uid;
    vertex.spec = std::move(spec);
    vertex.output = std::move(output);
    plan.vertices.push_back(std::move(vertex));
  };
  const auto edge = [&](int from, int to, ExchangeKind exchange,
                        std::vector<int32_t> keys) {
    plan.edges.push_back({.from = VertexId(from),
                          .to = VertexId(to),
                          .exchange = exchange,
                          .keys = std::move(keys)});
  };
  const std::vector<RowField> row = {{"k", LogicalType::String()},
                                     {"t", LogicalType::Timestamp(3)}};
  const std::vector<RowField> counted = {{"k", LogicalType::String()},
                                         {"n", LogicalType::BigInt()}};
  std::vector<RowField> windowed = row;
  windowed.push_back({"end", LogicalType::Timestamp(3)});
  add("events", Source(), row);
  add("literals", ValuesSpec{{{Value::Text("x"), Value::Int(1)}}}, row);
  add("a/calc/0", Calc(), OutputOf(Calc().projection));
  add("a/window/0",
      WindowAssignSpec{Hop(), {WindowProperty::kEnd}}, windowed);
  add("a/window-aggregate/0",
      WindowAggregateSpec{.window = Hop(), .keys = {0}, .calls = {Count()},
                          .properties = {WindowProperty::kTime}},
      windowed);
  add("a/group-aggregate/0",
      GroupAggregateSpec{.keys = {0}, .calls = {Count()}}, counted);
  plan.vertices.back().output_mode = ChangelogMode::kUpsert;
  plan.vertices.back().upsert_key = {0};
  add("out",
      SinkSpec{.table = {.name = "out",
                         .columns = {{.name = "k",
                                      .type = LogicalType::String()},
                                     {.name = "n",
                                      .type = LogicalType::BigInt()}}},
               .input_mode = ChangelogMode::kUpsert,
               .upsert_key = {0},
               .rejected_into = Events()},
      {});
  edge(0, 2, ExchangeKind::kForward, {});
  edge(1, 3, ExchangeKind::kRebalance, {});
  edge(1, 4, ExchangeKind::kHash, {0});
  edge(0, 5, ExchangeKind::kHash, {0});
  edge(5, 6, ExchangeKind::kForward, {});
  return plan;
}

TEST(PlanCodecTest, ReadsWhatItWrote) {
  const JobPlan plan = EveryKind();
  const std::string text = ToJson(plan);
  const auto again = JobPlanFromJson(text);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ToJson(*again), text);
  ASSERT_EQ(again->vertices.size(), plan.vertices.size());
  for (size_t i = 0; i < plan.vertices.size(); ++i) {
    EXPECT_EQ(again->vertices[i].spec, plan.vertices[i].spec) << i;
    EXPECT_EQ(again->vertices[i].fingerprint, plan.vertices[i].fingerprint);
  }
  EXPECT_EQ(again->edges, plan.edges);
  EXPECT_EQ(again->config, plan.config);
  EXPECT_EQ(again->rejected_into, plan.rejected_into);
}

struct BadText {
  std::string from;
  std::string to;
  std::string message;
};

TEST(PlanCodecTest, NamesThePathOfWhatIsWrong) {
  const std::string text = ToJson(EveryKind());
  const BadText cases[] = {
      {"\"version\": 1", "\"version\": 2", "version 2"},
      {"\"version\": 1,", "", "at version"},
      {"\"name\": \"every kind\"", "\"nmae\": \"x\"", "at name"},
      {"\"uid\": \"events\"", "\"uid\": 7", "vertices[0].uid"},
      {"\"uid\": \"literals\"", "\"uid\": \"events\"", "vertices[1].uid"},
      {"\"kind\": \"calc\"", "\"kind\": \"clac\"", "vertices[2].spec.kind"},
      {"\"fingerprint\": \"fedc", "\"fingerprint\": \"gedc",
       "vertices[0].fingerprint"},
      {"\"exchange\": \"hash\"", "\"exchange\": \"forward\"", ""},
      {"\"exchange\": \"rebalance\"", "\"exchange\": \"x\"",
       "edges[1].exchange"},
      {"\"type\": \"STRING\"", "\"type\": \"STING\"", "vertices[0].output[0]"},
      {"\"event_time_column\": 1", "\"event_time_column\": 0",
       "vertices[0].spec.watermark.event_time_column"},
      {"\"size_ms\": 10000", "\"size_ms\": 0", "vertices[3].spec.window"},
      {"\"call\": \"LIKE\"", "\"cal\": \"LIKE\"", "projection[12].case[0]"},
  };
  for (const BadText& bad : cases) {
    std::string changed = text;
    const size_t at = changed.find(bad.from);
    ASSERT_NE(at, std::string::npos) << bad.from;
    changed.replace(at, bad.from.size(), bad.to);
    const auto plan = JobPlanFromJson(changed);
    if (bad.message.empty()) continue;
    ASSERT_FALSE(plan.ok()) << bad.to;
    EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(plan.status().message()), HasSubstr(bad.message));
  }
}

// Every value of the text replaced by others, and every field left out or
// added: never a crash, and where it is taken, it can be written again.
class Mutator {
 public:
  explicit Mutator(Json plan) : plan_(std::move(plan)) {}

  int Run() {
    Visit(plan_);
    return tried_;
  }

 private:
  void Visit(Json& node) {
    const Json original = node;
    for (const Json& other :
         {Json(nullptr), Json(-1), Json(99), Json("x"), Json(true),
          Json::array(), Json::object(), Json::array({1, "a"})}) {
      node = other;
      Try();
    }
    node = original;
    if (node.is_object()) {
      for (const auto& [key, value] : original.items()) {
        node.erase(key);
        Try();
        node = original;
      }
      node["surplus"] = 1;
      Try();
      node = original;
    }
    if (!node.is_structured()) return;
    for (auto& child : node) Visit(child);
  }

  void Try() {
    ++tried_;
    const auto read = JobPlanFromJson(plan_.dump());
    if (!read.ok()) return;
    EXPECT_TRUE(JobPlanFromJson(ToJson(*read)).ok());
  }

  Json plan_;
  int tried_ = 0;
};

TEST(PlanCodecTest, SurvivesEveryChangeOfItsText) {
  EXPECT_GT(Mutator(Json::parse(ToJson(EveryKind()))).Run(), 1000);
}

TEST(PlanCodecTest, RefusesWhatIsNoJson) {
  for (absl::string_view text : {"", "{", "nonsense", "[]", "1"}) {
    EXPECT_EQ(ErrorCode(JobPlanFromJson(text).status()), "JOB-0011") << text;
  }
}

}  // namespace
}  // namespace millrace
