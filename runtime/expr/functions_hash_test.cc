#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"

namespace millrace {
namespace {

TEST(HashFunctions, WriteDigestsInHexadecimal) {
  const FunctionCaller caller(RegisterHashFunctions);
  const char* const sha224_of_empty =
      "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f";
  const char* const sha256_of_test =
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  const Arg bytes(LogicalType::Bytes().NotNull(), Value::Text("test"));
  const FunctionCase table[] = {
      {"MD5", {"test"}, "098f6bcd4621d373cade4e832627b4f6"},
      {"SHA1", {""}, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"SHA224", {""}, sha224_of_empty},
      {"SHA256", {"test"}, sha256_of_test},
      {"SHA256", {bytes}, sha256_of_test},
      {"SHA2", {"", 224}, sha224_of_empty},
      {"SHA2", {"test", 256}, sha256_of_test},
      {"SHA2", {nullptr, 256}, "NULL"},
  };
  for (const FunctionCase& line : table) {
    EXPECT_EQ(caller.Call(line.name, line.args), line.expected)
        << Describe(line);
  }
  EXPECT_EQ(caller.TypeOf("SHA512", {"test"}), "CHAR(128) NOT NULL");
  EXPECT_EQ(caller.TypeOf("SHA2", {"test", 512}), "VARCHAR(128) NOT NULL");
  EXPECT_THAT(caller.Call("SHA2", {"test", 100}),
              testing::StartsWith("FAILED: EXP-0104"));
}

}  // namespace
}  // namespace millrace
