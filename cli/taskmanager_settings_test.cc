#include "cli/taskmanager_settings.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace millrace {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(TaskManagerSettingsTest, HasDefaults) {
  const auto settings = ReadTaskManagerSettings({}, /*insecure=*/false);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->job_manager, "localhost:6123");
  EXPECT_EQ(settings->cluster, "default");
  EXPECT_EQ(settings->slots, 1);
  EXPECT_EQ(settings->memory_bytes, int64_t{1} << 30);
  EXPECT_EQ(settings->host, "127.0.0.1");
  EXPECT_EQ(settings->data_ports.first, 6124);
  EXPECT_EQ(settings->data_ports.last, 6154);
  EXPECT_EQ(settings->metrics_ports, "9249-9279");
  EXPECT_THAT(settings->data_directory, StartsWith("/"));
  EXPECT_THAT(settings->data_directory, EndsWith("/millrace-data"));
}

TEST(TaskManagerSettingsTest, TakesWhatIsSet) {
  const auto settings = ReadTaskManagerSettings(
      {{"jobmanager.rpc.address", "::1"},
       {"jobmanager.rpc.port", "7000"},
       {"taskmanager.numberOfTaskSlots", "4"},
       {"taskmanager.memory.process.size", "2g"},
       {"taskmanager.bind-host", "0.0.0.0"},
       {"taskmanager.host", "tm-1.tm"},
       {"taskmanager.data.port", "0"}},
      /*insecure=*/true);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->job_manager, "[::1]:7000");
  EXPECT_EQ(settings->slots, 4);
  EXPECT_EQ(settings->memory_bytes, int64_t{2} << 30);
  EXPECT_EQ(settings->host, "tm-1.tm");
  EXPECT_EQ(settings->data_ports.last, 0);
}

TEST(TaskManagerSettingsTest, KnowsSeveralJobManagers) {
  const auto settings = ReadTaskManagerSettings(
      {{"jobmanager.rpc.address", "jm-1, jm-2:7001,fe80::1,[fe80::2]:7002"},
       {"jobmanager.rpc.port", "7000"}},
      /*insecure=*/false);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->job_manager,
            "jm-1:7000,jm-2:7001,[fe80::1]:7000,[fe80::2]:7002");
}

TEST(TaskManagerSettingsTest, RefusesWhatCannotBe) {
  const struct {
    const char* key;
    const char* value;
    const char* code;
  } cases[] = {{"taskmanager.bind-host", "0.0.0.0", "CFG-0043"},
               {"taskmanager.data.port", "x", "CFG-0015"},
               {"taskmanager.numberOfTaskSlots", "0", "CFG-0002"},
               {"jobmanager.rpc.address", ",", "CFG-0002"},
               {"jobmanager.rpc.port", "70000", "CFG-0015"},
               {"jobmanager.rpc.port", "0", "CFG-0002"},
               {"jobmanager.rpc.port", "1-2", "CFG-0015"}};
  for (const auto& bad : cases) {
    const auto settings =
        ReadTaskManagerSettings({{bad.key, bad.value}}, /*insecure=*/false);
    EXPECT_THAT(std::string(settings.status().message()),
                StartsWith(bad.code))
        << bad.key;
  }
}

}  // namespace
}  // namespace millrace
