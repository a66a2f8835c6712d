#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"

namespace millrace::functions_url_test {
namespace {

void ExpectAll(const std::vector<FunctionCase>& table) {
  const FunctionCaller caller(RegisterUrlFunctions);
  for (const FunctionCase& line : table) {
    EXPECT_EQ(caller.Call(line.name, line.args), line.expected)
        << Describe(line);
  }
}

TEST(UrlFunctions, EscapeAndBack) {
  ExpectAll({
      {"URL_ENCODE", {"https%3A%2F%2Fflink.apache.org%2F"},
       "https%253A%252F%252Fflink.apache.org%252F"},
      {"URL_ENCODE", {"a b~ü"}, "a+b%7E%C3%BC"},
      {"URL_ENCODE", {""}, ""},
      {"URL_DECODE", {"inva+lid%3A%2F%2Fuser%3Apass%40host%2Ffile%3Bparam"},
       "inva lid://user:pass@host/file;param"},
      {"URL_DECODE", {"illegal escape pattern test%"}, "NULL"},
      {"URL_DECODE", {"%4g"}, "NULL"},
      {"URL_DECODE", {nullptr}, "NULL"},
  });
}

TEST(UrlFunctions, CutUrls) {
  const char* const flink =
      "http://userinfo@flink.apache.org/path?query=1#Ref";
  const char* const spaces =
      "https://use%20r:pas%20s@example.com/dir%20/pa%20th.HTML"
      "?query=x%20y&q2=2#Ref%20two";
  const char* const bare = "http://user:pass@host";
  const char* const empty = "http://user:pass@host/?#";
  ExpectAll({
      {"PARSE_URL", {flink, "HOST"}, "flink.apache.org"},
      {"PARSE_URL", {flink, "PROTOCOL"}, "http"},
      {"PARSE_URL", {flink, "REF"}, "Ref"},
      {"PARSE_URL", {flink, "QUERY"}, "query=1"},
      {"PARSE_URL", {flink, "host"}, "NULL"},
      {"PARSE_URL", {spaces, "PATH"}, "/dir%20/pa%20th.HTML"},
      {"PARSE_URL", {spaces, "AUTHORITY"}, "use%20r:pas%20s@example.com"},
      {"PARSE_URL", {spaces, "FILE"},
       "/dir%20/pa%20th.HTML?query=x%20y&q2=2"},
      {"PARSE_URL", {spaces, "QUERY", "query"}, "x%20y"},
      {"PARSE_URL", {spaces, "QUERY", "q2"}, "2"},
      {"PARSE_URL", {spaces, "QUERY", "uery"}, "NULL"},
      {"PARSE_URL", {bare, "PATH"}, ""},
      {"PARSE_URL", {bare, "REF"}, "NULL"},
      {"PARSE_URL", {bare, "QUERY"}, "NULL"},
      {"PARSE_URL", {bare, "USERINFO"}, "user:pass"},
      {"PARSE_URL", {empty, "PATH"}, "/"},
      {"PARSE_URL", {empty, "FILE"}, "/?"},
      {"PARSE_URL", {empty, "QUERY", "query"}, "NULL"},
      {"PARSE_URL", {"http://host:80a/", "HOST"}, "NULL"},
      {"PARSE_URL", {"http://[::1]:80/x", "HOST"}, "[::1]"},
      {"PARSE_URL", {"invalid://user:pass@host/file", "PATH"}, "NULL"},
  });
}

TEST(UrlFunctions, TurnAddressesIntoNumbers) {
  ExpectAll({
      {"INET_ATON", {"192.168.1.1"}, "3232235777"},
      {"INET_ATON", {"127.1"}, "2130706433"},
      {"INET_ATON", {"127.0.1"}, "2130706433"},
      {"INET_ATON", {"010.000.000.001"}, "167772161"},
      {"INET_ATON", {"255"}, "255"},
      {"INET_ATON", {"256"}, "NULL"},
      {"INET_ATON", {"256.0.0.1"}, "NULL"},
      {"INET_ATON", {"1.2.3.4.5"}, "NULL"},
      {"INET_ATON", {"1.2.3."}, "NULL"},
      {"INET_ATON", {"1..2.3"}, "NULL"},
      {"INET_ATON", {" 127.0.0.1"}, "NULL"},
      {"INET_ATON", {""}, "NULL"},
      {"INET_NTOA", {2130706433}, "127.0.0.1"},
      {"INET_NTOA", {Long(4294967295)}, "255.255.255.255"},
      {"INET_NTOA", {256}, "0.0.1.0"},
      {"INET_NTOA", {-1}, "NULL"},
      {"INET_NTOA", {Long(4294967296)}, "NULL"},
  });
}

}  // namespace
}  // namespace millrace::functions_url_test
