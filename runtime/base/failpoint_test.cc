#include "runtime/base/failpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FailpointTest : public testing::Test {
 protected:
  void SetUp() override {
    counts_path_ = absl::StrCat(testing::TempDir(), "/counts_", getpid());
    std::filesystem::remove(counts_path_);
  }
  void TearDown() override {
    SetFailpointHandler(nullptr);
    std::filesystem::remove(counts_path_);
  }

  std::string counts_path_;
};

TEST_F(FailpointTest, DoesNothingUnlessArmed) {
  EXPECT_TRUE(Failpoint("jm.complete.before_cas").ok());
}

TEST_F(FailpointTest, AHandlerSeesEachOneReached) {
  std::vector<std::string> seen;
  SetFailpointHandler([&](absl::string_view name) {
    seen.emplace_back(name);
    return name == "tm.snapshot.sync" ? absl::InternalError("x")
                                      : absl::OkStatus();
  });
  EXPECT_TRUE(Failpoint("jm.complete.before_cas").ok());
  EXPECT_TRUE(absl::IsInternal(Failpoint("tm.snapshot.sync")));
  SetFailpointHandler(nullptr);
  EXPECT_TRUE(Failpoint("tm.snapshot.sync").ok());
  EXPECT_THAT(seen, ElementsAre("jm.complete.before_cas", "tm.snapshot.sync"));
}

TEST_F(FailpointTest, AnErrorComesAtItsNumberAndOnce) {
  ASSERT_TRUE(ArmFailpoints("wm.idle=error@2;wm.advance=error", "").ok());
  EXPECT_TRUE(Failpoint("wm.idle").ok());
  EXPECT_TRUE(absl::IsUnavailable(Failpoint("wm.idle")));
  EXPECT_TRUE(Failpoint("wm.idle").ok());
  EXPECT_TRUE(absl::IsUnavailable(Failpoint("wm.advance")));
}

TEST_F(FailpointTest, CountsAddUpToThoseReached) {
  ASSERT_TRUE(ArmFailpoints("wm.idle=error@7", counts_path_).ok());
  for (int i = 0; i < 9; ++i) Failpoint("wm.idle").IgnoreError();
  Failpoint("timer.fire").IgnoreError();
  std::map<std::string, int> sums;
  std::ifstream lines(counts_path_);
  std::string name;
  for (int count; lines >> name >> count;) sums[name] += count;
  // The ninth waits for the sixteenth.
  EXPECT_EQ(sums["wm.idle"], 8);
  EXPECT_EQ(sums["timer.fire"], 1);
}

TEST_F(FailpointTest, KillEndsTheProcessWithItsCountWritten) {
  EXPECT_EXIT(
      {
        ArmFailpoints("wm.idle=kill@3", counts_path_).IgnoreError();
        for (int i = 0; i < 3; ++i) Failpoint("wm.idle").IgnoreError();
        _exit(0);
      },
      testing::KilledBySignal(SIGKILL), "");
  std::ifstream file(counts_path_);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "wm.idle 1\nwm.idle 1\nwm.idle 1\n");
}

TEST_F(FailpointTest, AStoppedProcessGoesOnWhenItIsTold) {
  const pid_t child = fork();
  if (child == 0) {
    const bool armed = ArmFailpoints("wm.idle=stop", "").ok();
    _exit(armed && Failpoint("wm.idle").ok() ? 7 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status));
  kill(child, SIGCONT);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST_F(FailpointTest, ABadTextSaysHowToWriteIt) {
  for (const char* text : {"wm.idle", "wm.idle=die", "wm.idle=kill@0",
                           "wm.idle=kill@x", "wm.idle=kill@", "no.such=kill"}) {
    const absl::Status status = ArmFailpoints(text, "");
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Write name=kill"));
  }
  EXPECT_FALSE(ArmFailpoints("wm.idle=kill", "/no/such/folder/f").ok());
}

TEST_F(FailpointTest, ANameThatIsNotInTheTableEndsTheProcess) {
  SetFailpointHandler([](absl::string_view) { return absl::OkStatus(); });
  EXPECT_DEATH(Failpoint("no.such").IgnoreError(), "check failed");
}

// A misspelt name would otherwise show only where it is reached and armed.
TEST_F(FailpointTest, EveryNameInTheSourcesIsInTheTable) {
  namespace fs = std::filesystem;
  const std::regex call("Failpoint\\(\\s*\"([^\"]+)\"");
  const auto names = FailpointNames();
  for (const char* room : {"connectors", "embedded", "jobmanager", "runtime",
                           "state", "taskmanager"}) {
    const fs::path folder = fs::path(MILLRACE_SOURCE_DIR) / room;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string path = entry.path().string();
      if (!path.ends_with(".cc") || path.ends_with("_test.cc")) continue;
      std::ifstream file(path);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      for (std::sregex_iterator i(text.begin(), text.end(), call), end;
           i != end; ++i) {
        EXPECT_TRUE(std::ranges::find(names, (*i)[1].str()) != names.end())
            << path << ": " << (*i)[1];
      }
    }
  }
}

}  // namespace
}  // namespace millrace
