#include "sql/fake_connectors.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/status_macros.h"

namespace millrace::sql {
namespace {

class FakeConnector final : public Connector {
 public:
  FakeConnector(std::string name, Capabilities can,
                std::vector<OptionSpec> options)
      : name_(std::move(name)), can_(std::move(can)),
        options_(std::move(options)) {
    options_.push_back({.key = "connector", .required = true});
    options_.push_back({.key = "format"});
    options_.push_back({.key = "sink.parallelism"});
    options_.push_back({.key = "scan.parallelism"});
    options_.push_back({.key = "scan.watermark.idle-timeout"});
    options_.push_back({.key = "json.", .is_prefix = true});
    options_.push_back({.key = "sink.partition-commit.", .is_prefix = true});
  }

  const std::vector<OptionSpec>& options() const override { return options_; }

  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    RETURN_IF_ERROR(ValidateOptions(
        absl::StrCat("connector '", name_, "'"), table.options, options_));
    Capabilities can = can_;
    const auto mode = table.options.find("mode");
    if (mode != table.options.end() && mode->second == "upsert") {
      can.sink_mode = ChangelogMode::kUpsert;
    }
    return can;
  }

 private:
  std::string name_;
  Capabilities can_;
  std::vector<OptionSpec> options_;
};

}  // namespace

void RegisterFakeConnectors(ConnectorRegistry& registry) {
  const auto add = [&](std::string name, Connector::Capabilities can,
                       std::vector<OptionSpec> options) {
    registry.Add(name, std::make_unique<FakeConnector>(name, std::move(can),
                                                       std::move(options)));
  };
  const auto all = ChangelogMode::kRetract;
  const auto by_key = ChangelogMode::kUpsert;
  add("filesystem", {.source = true, .sink = true, .bounded = true},
      {{.key = "path", .required = true}});
  add("kafka",
      {.source = true,
       .sink = true,
       .metadata = {{.name = "timestamp",
                     .type = LogicalType::TimestampLtz(3).NotNull(),
                     .metadata_key = "timestamp"},
                    {.name = "offset",
                     .type = LogicalType::BigInt().NotNull(),
                     .metadata_key = "offset",
                     .is_virtual = true}}},
      {{.key = "topic", .required = true},
       {.key = "properties.", .is_prefix = true}});
  add("nexmark", {.source = true}, {});
  add("cdc", {.source = true, .source_mode = all}, {});
  add("upsert-kafka",
      {.source = true, .sink = true, .source_mode = by_key,
       .sink_mode = by_key},
      {{.key = "topic"}});
  add("print", {.sink = true, .sink_mode = all},
      {{.key = "print-identifier"}});
  add("terminal", {.sink = true, .sink_mode = all}, {});
  add("blackhole", {.sink = true, .sink_mode = by_key}, {});
  add("changelog-out", {.sink = true, .sink_mode = all},
      {{.key = "path"}, {.key = "mode"}});
}

TEST(FakeConnectorsTest, KnowTheirOptions) {
  ConnectorRegistry registry;
  RegisterFakeConnectors(registry);
  TableDescriptor table;
  table.options = {{"connector", "filesystem"}, {"paht", "x"}};
  const auto connector = registry.Find("filesystem");
  ASSERT_TRUE(connector.ok());
  EXPECT_FALSE((*connector)->Describe(table).ok());
}

}  // namespace millrace::sql
