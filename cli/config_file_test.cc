#include "cli/config_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(ConfigFileTest, FlattensNestedKeys) {
  const auto config = ParseConfig(
      "parallelism.default: 2\n"
      "taskmanager:\n"
      "  memory: {process.size: 1g}\n"
      "  tags: [a, b]\n",
      "millrace.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(*config,
              ElementsAre(Pair("parallelism.default", "2"),
                          Pair("taskmanager.memory.process.size", "1g"),
                          Pair("taskmanager.tags", "a;b")));
}

TEST(ConfigFileTest, NamesTheLineOfBadYaml) {
  const auto config = ParseConfig("a: 1\nb: [", "millrace.yaml");
  EXPECT_THAT(config.status().message(), HasSubstr("CFG-0011"));
  EXPECT_THAT(config.status().message(), HasSubstr("millrace.yaml, line"));
}

TEST(ConfigFileTest, RefusesAKeySetTwice) {
  const auto config = ParseConfig("a.b: 1\na:\n  b: 2\n", "millrace.yaml");
  EXPECT_THAT(config.status().message(), HasSubstr("'a.b' is set twice"));
}

TEST(ConfigFileTest, RefusesTextThatIsNoMap) {
  EXPECT_FALSE(ParseConfig("just words", "x").ok());
}

TEST(ConfigFileTest, SplitsArgumentsAtTheFirstEquals) {
  EXPECT_THAT(*ParseConfigArgument("a.b=c=d"), Pair("a.b", "c=d"));
  EXPECT_FALSE(ParseConfigArgument("=x").ok());
  EXPECT_FALSE(ParseConfigArgument("x").ok());
}

}  // namespace
}  // namespace millrace
