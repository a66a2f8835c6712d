#include "runtime/base/nearest_name.h"

#include <vector>

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(NearestNameTest, FindsSlipsOfTheKeyboardOnly) {
  const std::vector<std::string> kNames = {"price", "bidder", "dateTime", "id",
                                           "scan.startup.mode"};
  const struct {
    absl::string_view name;
    absl::string_view nearest;
  } kCases[] = {
      {"prce", "price"},        {"pirce", "price"},  {"PRICE", "price"},
      {"datetime", "dateTime"}, {"bider", "bidder"}, {"di", "id"},
      {"scan.startupmod", "scan.startup.mode"},
      {"channel", ""},          {"x", ""},           {"price", ""},
      {"", ""},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(NearestName(test.name, kNames), test.nearest) << test.name;
  }
}

}  // namespace
}  // namespace millrace
