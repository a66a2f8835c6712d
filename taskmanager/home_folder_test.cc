#include "taskmanager/home_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

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

// Where a process is replaced, the next may begin before the last has ended.
TEST_F(HomeFolderTest, OneThatEndsInTimeIsWaitedFor) {
  auto before = HomeFolder::Open(root_, "tm", &disk_);
  ASSERT_TRUE(before.ok()) << before.status();
  std::vector<std::string> said;
  int pauses = 0;
  const auto after = HomeFolder::Open(
      root_, "tm", &disk_,
      {.tries = 4,
       .pause =
           [&] {
             // Others are not held up meanwhile.
             EXPECT_TRUE(HomeFolder::Open(root_, "other", &disk_).ok());
             if (++pauses == 3) before->reset();
             return true;
           },
       .say = [&](const std::string& line) { said.push_back(line); }});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(pauses, 3);
  EXPECT_EQ(said, std::vector<std::string>(
                      {"waits for the TaskManager called 'tm' that still "
                       "holds " + root_ + "/tm"}));
  // Not for ever, and not where the process is to end.
  for (const bool go_on : {true, false}) {
    pauses = 0;
    const auto refused = HomeFolder::Open(root_, "tm", &disk_,
                                          {.tries = 3, .pause = [&] {
                                             ++pauses;
                                             return go_on;
                                           }});
    EXPECT_FALSE(refused.ok());
    EXPECT_EQ(pauses, go_on ? 2 : 1);
  }
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
