#include "taskmanager/home_folder.h"

#include <stdlib.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"

namespace millrace {
namespace {

class HomeFolderTest : public testing::Test {
 protected:
  HomeFolderTest() {
    std::string path = testing::TempDir() + "/home-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    root_ = path;
  }
  ~HomeFolderTest() override { std::filesystem::remove_all(root_); }

  PosixDisk disk_;
  std::string root_;
};

TEST_F(HomeFolderTest, IsOneProcessesAlone) {
  const auto home = HomeFolder::Open(root_, "tm:1/x", &disk_);
  ASSERT_TRUE(home.ok()) << home.status();
  EXPECT_EQ((*home)->path(), root_ + "/tm_1_x");
  const auto again = HomeFolder::Open(root_, "tm:1/x", &disk_);
  EXPECT_EQ(again.status().message(),
            "JOB-0072: a TaskManager called 'tm:1/x' is already running, at " +
                root_ +
                "/tm_1_x: another process holds its lock. Give this one a "
                "taskmanager.resource-id or a millrace.data-dir of its own.");
}

TEST_F(HomeFolderTest, IsRemovedAtItsEndAndDeadOnesByTheNext) {
  std::filesystem::create_directories(root_ + "/killed/state/x");
  const auto other = HomeFolder::Open(root_, "lives", &disk_);
  ASSERT_TRUE(other.ok());
  std::string path;
  {
    const auto home = HomeFolder::Open(root_, "new", &disk_);
    ASSERT_TRUE(home.ok());
    path = (*home)->path();
    EXPECT_FALSE(std::filesystem::exists(root_ + "/killed"));
    EXPECT_TRUE(std::filesystem::exists(root_ + "/lives"));
    std::filesystem::create_directories(path + "/state/1");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace millrace
