#include "runtime/connector/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/connector/connector_registry.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;

const std::vector<OptionSpec>& Specs() {
  static const auto& specs = *new std::vector<OptionSpec>{
      {.key = "path", .required = true, .description = "A file"},
      {.key = "format", .required = true, .description = "How it is read"},
      {.key = "mode", .default_value = "fast"},
      {.key = "interval", .default_value = "1 min"},
      {.key = "size"},
      {.key = "count", .default_value = "3"},
      {.key = "quiet", .default_value = "false"},
      {.key = "topics"},
      {.key = "properties.", .is_prefix = true}};
  return specs;
}

std::string ErrorOf(const absl::Status& status) {
  return std::string(status.message());
}

TEST(OptionsTest, ReadsFlinksDurations) {
  const std::vector<std::pair<absl::string_view, absl::Duration>> cases = {
      {"500 ms", absl::Milliseconds(500)}, {"500", absl::Milliseconds(500)},
      {"1min", absl::Minutes(1)},          {"1 m", absl::Minutes(1)},
      {" 2 h ", absl::Hours(2)},           {"30s", absl::Seconds(30)},
      {"1 DAY", absl::Hours(24)},          {"7 micros", absl::Microseconds(7)},
      {"9 ns", absl::Nanoseconds(9)}};
  for (const auto& [text, expected] : cases) {
    const auto parsed = ParseDuration(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, expected) << text;
  }
  for (absl::string_view bad : {"", "ms", "1 fortnight", "-1 s", "1.5 s"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
}

TEST(OptionsTest, ReadsFlinksSizes) {
  const std::vector<std::pair<absl::string_view, int64_t>> cases = {
      {"128", 128}, {"1kb", 1024}, {"64 mb", 64 << 20}, {"2 Gb", 2ll << 30}};
  for (const auto& [text, expected] : cases) {
    const auto parsed = ParseSizeBytes(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, expected) << text;
  }
  for (absl::string_view bad : {"", "x", "1 zb", "99999999999 tb"}) {
    EXPECT_FALSE(ParseSizeBytes(bad).ok()) << bad;
  }
}

TEST(OptionsTest, TakesDefaultsAndWrittenValues) {
  const TableOptions options = {{"count", "7"},
                                {"mode", "FAST"},
                                {"topics", "a; b;;c "},
                                {"properties.acks", "all"},
                                {"properties.linger.ms", "5"}};
  const OptionReader reader(options, Specs());
  EXPECT_EQ(*reader.Int("count"), 7);
  EXPECT_EQ(*reader.OneOf("mode", {"slow", "fast"}), "fast");
  EXPECT_EQ(*reader.Duration("interval"), absl::Minutes(1));
  EXPECT_EQ(*reader.Bool("quiet"), false);
  EXPECT_EQ(reader.Text("size"), std::nullopt);
  EXPECT_THAT(reader.List("topics"), ElementsAre("a", "b", "c"));
  EXPECT_EQ(reader.WithPrefix("properties."),
            (TableOptions{{"acks", "all"}, {"linger.ms", "5"}}));
}

TEST(OptionsTest, SaysWhatIsWrongWithAValue) {
  const TableOptions options = {{"count", "many"},   {"mode", "fats"},
                                {"interval", "soon"}, {"size", "big"},
                                {"quiet", "maybe"}};
  const OptionReader reader(options, Specs());
  EXPECT_EQ(ErrorOf(reader.Int("count").status()),
            "SQL-0903: option 'count' = 'many' is not a whole number. Write "
            "for example 'count' = '100'");
  EXPECT_EQ(ErrorOf(reader.OneOf("mode", {"slow", "fast"}).status()),
            "SQL-0903: option 'mode' = 'fats' is not one of slow, fast. Write "
            "for example 'mode' = 'fast'");
  EXPECT_EQ(ErrorOf(reader.Duration("interval").status()),
            "SQL-0903: option 'interval' = 'soon' is not a duration. Write "
            "for example 'interval' = '500 ms'");
  EXPECT_EQ(ErrorOf(reader.SizeBytes("size").status()),
            "SQL-0903: option 'size' = 'big' is not a size. Write for example "
            "'size' = '64 mb'");
  EXPECT_EQ(ErrorOf(reader.Bool("quiet").status()),
            "SQL-0903: option 'quiet' = 'maybe' is not true or false. Write "
            "for example 'quiet' = 'true'");
  EXPECT_EQ(ErrorOf(reader.RequiredText("path").status()),
            "SQL-0902: option 'path' is missing: A file. Add 'path' = '...' "
            "to WITH");
}

TEST(OptionsTest, NamesTheNearestKeyOfAnUnknownOne) {
  EXPECT_EQ(ErrorOf(ValidateOptions("connector 'x'",
                                    {{"path", "p"}, {"fromat", "json"}},
                                    Specs())),
            "SQL-0901: connector 'x' has no option 'fromat'. Did you mean "
            "'format'?");
  EXPECT_EQ(ErrorOf(ValidateOptions(
                "connector 'x'", {{"path", "p"}, {"zzzzzzzz", "1"}}, Specs())),
            "SQL-0901: connector 'x' has no option 'zzzzzzzz'. It takes: "
            "count, format, interval, mode, path, properties.*, quiet, size, "
            "topics");
  EXPECT_EQ(ErrorOf(ValidateOptions("connector 'x'", {{"path", "p"}},
                                    Specs())),
            "connector 'x': SQL-0902: option 'format' is missing: How it is "
            "read. Add 'format' = '...' to WITH");
  EXPECT_TRUE(ValidateOptions("connector 'x'",
                              {{"path", "p"},
                               {"format", "json"},
                               {"properties.acks", "all"}},
                              Specs())
                  .ok());
}

class NamedFormat final : public Format {
 public:
  const std::vector<OptionSpec>& options() const override { return Specs(); }
  absl::StatusOr<std::unique_ptr<Decoder>> MakeDecoder(
      const FormatRequest&, const SourceRequest&) const override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::unique_ptr<Encoder>> MakeEncoder(
      const FormatRequest&) const override {
    return absl::UnimplementedError("");
  }
};

TEST(ConnectorRegistryTest, FindsByNameOrNamesTheNearest) {
  ConnectorRegistry registry;
  registry.AddFormat("json", std::make_unique<NamedFormat>());
  registry.AddFormat("csv", std::make_unique<NamedFormat>());
  EXPECT_TRUE(registry.FindFormat("json").ok());
  EXPECT_EQ(ErrorOf(registry.FindFormat("jsno").status()),
            "SQL-0905: there is no format 'jsno'. Did you mean 'json'? There "
            "are: csv, json");
  EXPECT_EQ(ErrorOf(registry.Find("kafka").status()),
            "SQL-0904: there is no connector 'kafka'. There are: ");
  EXPECT_THAT(registry.FormatNames(), ElementsAre("csv", "json"));
}

}  // namespace
}  // namespace millrace
