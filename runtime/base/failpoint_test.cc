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
  ASSERT_TRUE(
      ArmFailpoints("files.ref_dec=error@2;sink.before_ack=error", "").ok());
  EXPECT_TRUE(Failpoint("files.ref_dec").ok());
  EXPECT_TRUE(absl::IsUnavailable(Failpoint("files.ref_dec")));
  EXPECT_TRUE(Failpoint("files.ref_dec").ok());
  EXPECT_TRUE(absl::IsUnavailable(Failpoint("sink.before_ack")));
}

TEST_F(FailpointTest, CountsAddUpToThoseReached) {
  ASSERT_TRUE(ArmFailpoints("files.ref_dec=error@7", counts_path_).ok());
  for (int i = 0; i < 9; ++i) Failpoint("files.ref_dec").IgnoreError();
  Failpoint("tm.barrier.last").IgnoreError();
  std::map<std::string, int> sums;
  std::ifstream lines(counts_path_);
  std::string name;
  for (int count; lines >> name >> count;) sums[name] += count;
  // The ninth waits for the sixteenth.
  EXPECT_EQ(sums["files.ref_dec"], 8);
  EXPECT_EQ(sums["tm.barrier.last"], 1);
}

TEST_F(FailpointTest, KillEndsTheProcessWithItsCountWritten) {
  EXPECT_EXIT(
      {
        ArmFailpoints("files.ref_dec=kill@3", counts_path_).IgnoreError();
        for (int i = 0; i < 3; ++i) Failpoint("files.ref_dec").IgnoreError();
        _exit(0);
      },
      testing::KilledBySignal(SIGKILL), "");
  std::ifstream file(counts_path_);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text,
            "files.ref_dec 1\nfiles.ref_dec 1\nfiles.ref_dec 1\n");
}

TEST_F(FailpointTest, AStoppedProcessGoesOnWhenItIsTold) {
  const pid_t child = fork();
  if (child == 0) {
    const bool armed = ArmFailpoints("files.ref_dec=stop", "").ok();
    _exit(armed && Failpoint("files.ref_dec").ok() ? 7 : 1);
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
  for (const char* text :
       {"files.ref_dec", "files.ref_dec=die", "files.ref_dec=kill@0",
        "files.ref_dec=kill@x", "files.ref_dec=kill@", "no.such=kill"}) {
    const absl::Status status = ArmFailpoints(text, "");
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("Write name=kill"));
  }
  EXPECT_FALSE(ArmFailpoints("files.ref_dec=kill", "/no/such/folder/f").ok());
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
