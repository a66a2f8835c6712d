#include "connectors/kafka/client/secret_reference.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::kafka {
namespace {

TEST(SecretReferenceTest, FindsWhatIsNamed) {
  const std::string folder = testing::TempDir();
  std::ofstream(folder + "/secret") << "of a file\n";
  std::ofstream(folder + "/all") << "# none\nother=1\n pass word = a=b \n";
  setenv("MILLRACE_TEST_SECRET", "of the environment", /*overwrite=*/1);
  const struct {
    std::string written;
    std::string meant;
  } kCases[] = {
      {"plain", "plain"},
      {"", ""},
      {"${env:MILLRACE_TEST_SECRET}", "of the environment"},
      {"a ${env:MILLRACE_TEST_SECRET} b ${env:MILLRACE_TEST_SECRET}",
       "a of the environment b of the environment"},
      {absl::StrCat("${directory:", folder, ":secret}"), "of a file"},
      {absl::StrCat("${file:", folder, "/all:pass word}"), "a=b"},
      {"${else} $ { ${", "${else} $ { ${"}};
  for (const auto& [written, meant] : kCases) {
    const auto resolved = ResolveSecrets("sasl.password", written);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    EXPECT_EQ(*resolved, meant) << written;
  }
}

TEST(SecretReferenceTest, WhatIsNotThereIsSaidByItsName) {
  for (const char* written :
       {"${env:MILLRACE_NO_SUCH}", "${file:/nowhere:key}", "${file:}",
        "${directory:/nowhere:file}"}) {
    const auto resolved = ResolveSecrets("sasl.password", written);
    EXPECT_EQ(ErrorCode(resolved.status()), "SQL-0319") << written;
  }
}

}  // namespace
}  // namespace millrace::kafka
