#include "runtime/base/shared_loop.h"

#include <functional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/background_pool.h"

namespace millrace::shared_loop_test {
namespace {

using ::testing::Each;

TEST(SharedLoopTest, EachTurnRunsOnceWithAnyHelp) {
  BackgroundPool pool(3);
  for (Executor* helpers : {static_cast<Executor*>(nullptr),
                            static_cast<Executor*>(&pool)}) {
    for (int count = 0; count < 40; ++count) {
      std::vector<int> runs(count);
      RunSharedLoop(helpers, count, [&](int turn) { ++runs[turn]; });
      EXPECT_THAT(runs, Each(1));
    }
  }
}

class NeverExecutor final : public Executor {
 public:
  void Post(std::function<void()> work) override {
    posted.push_back(std::move(work));
  }
  std::vector<std::function<void()>> posted;
};

TEST(SharedLoopTest, HelpersThatComeLateFindNothing) {
  NeverExecutor helpers;
  int runs = 0;
  RunSharedLoop(&helpers, 5, [&](int) { ++runs; });
  for (const auto& work : helpers.posted) work();
  EXPECT_EQ(runs, 5);
  EXPECT_EQ(helpers.posted.size(), 4);
}

TEST(SharedLoopTest, AHelperMayRunOneItself) {
  BackgroundPool pool(1);
  std::vector<int> runs(9);
  RunSharedLoop(&pool, 3, [&](int outer) {
    RunSharedLoop(&pool, 3, [&](int inner) { ++runs[outer * 3 + inner]; });
  });
  EXPECT_THAT(runs, Each(1));
}

}  // namespace
}  // namespace millrace::shared_loop_test
