#include "cli/cluster_process.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/data_format.h"

namespace millrace {
namespace {

TEST(ClusterProcessTest, AJobManagerIsCalledByItsOwnAddressOfSeveral) {
  struct Case {
    const char* addresses;
    const char* bind_host;
    int port;
    const char* own;
  };
  const Case cases[] = {
      {"jm.example", "0.0.0.0", 6123, "jm.example"},
      {"jm.example:7000", "0.0.0.0", 6123, "jm.example"},
      {"a,b", "b", 6123, "b"},
      {"a:1,b:2", "0.0.0.0", 2, "b"},
      {"127.0.0.1:1, 127.0.0.1:2", "127.0.0.1", 2, "127.0.0.1"},
      // Both may be it.
      {"a,b", "0.0.0.0", 6123, "0.0.0.0"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(OwnHost(one.addresses, one.bind_host, one.port), one.own)
        << one.addresses;
  }
}

// A JobManager from before refuses it too: it compares whole versions.
TEST(ClusterProcessTest, TheVersionInAClusterNamesTheFormatOfRows) {
  EXPECT_EQ(VersionInCluster("0.1.0"),
            absl::StrCat("0.1.0+data.", kDataFormat));
  EXPECT_NE(VersionInCluster("0.1.0"), "0.1.0");
}

}  // namespace
}  // namespace millrace
