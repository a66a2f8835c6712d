#include "runtime/base/bind_host.h"

#include "gtest/gtest.h"

namespace millrace {
namespace {

TEST(BindHostTest, OnlyLoopbackIsListenedAtWithoutLeave) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "localhost", "::1",
                           "[::1]"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
    EXPECT_TRUE(CheckBindHost("key", host, /*insecure=*/false).ok()) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "[::]", "10.0.0.1", "host", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
    EXPECT_FALSE(CheckBindHost("key", host, /*insecure=*/false).ok()) << host;
    EXPECT_TRUE(CheckBindHost("key", host, /*insecure=*/true).ok()) << host;
  }
}

TEST(BindHostTest, AnAddressWithColonsStandsInBrackets) {
  EXPECT_EQ(HostWithPort("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(HostWithPort("::1", 80), "[::1]:80");
  EXPECT_EQ(HostWithPort("[::1]", 80), "[::1]:80");
}

}  // namespace
}  // namespace millrace
