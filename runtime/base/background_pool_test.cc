#include "runtime/base/background_pool.h"

#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/waker.h"

namespace millrace {
namespace {

// Takes from `mailbox`, asleep in between, until `count` messages have come.
template <typename Message>
std::vector<Message> Await(Mailbox<Message>& mailbox, Waker& waker,
                           size_t count) {
  std::vector<Message> all;
  while (all.size() < count) {
    waker.BeginTurn();
    for (Message& message : mailbox.TakeAll()) {
      all.push_back(std::move(message));
    }
    if (all.size() < count) waker.Wait(INT64_MAX);
  }
  return all;
}

TEST(BackgroundPoolTest, OneThreadRunsWorkInOrder) {
  Waker waker;
  Mailbox<std::vector<int>> outcomes([&] { waker.Wake(); });
  BackgroundPool pool(1);
  constexpr int kCount = 1000;
  for (int i = 0; i < kCount; ++i) {
    pool.Post([&outcomes, i] { outcomes.Post({i, 2 * i}); });
  }
  const auto all = Await(outcomes, waker, kCount);
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(all[i], (std::vector<int>{i, 2 * i}));
  }
}

TEST(BackgroundPoolTest, WorkOfSeveralThreadsAllComesBack) {
  Waker waker;
  Mailbox<int> outcomes([&] { waker.Wake(); });
  BackgroundPool pool(3);
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) {
    pool.Post([&outcomes, i] { outcomes.Post(i); });
  }
  int64_t sum = 0;
  for (const int outcome : Await(outcomes, waker, kCount)) sum += outcome;
  EXPECT_EQ(sum, int64_t{kCount} * (kCount - 1) / 2);
}

TEST(BackgroundPoolTest, WhatHasBegunIsWaitedFor) {
  Waker begun;
  bool done = false;
  {
    BackgroundPool pool(1);
    begun.BeginTurn();
    pool.Post([&] {
      begun.Wake();
      done = true;
    });
    begun.Wait(INT64_MAX);
  }
  EXPECT_TRUE(done);
}

TEST(WakerTest, AWakeBeforeTheSleepIsNotLost) {
  Waker waker;
  waker.BeginTurn();
  waker.Wake();
  EXPECT_TRUE(waker.WasWoken());
  waker.Wait(INT64_MAX);
}

TEST(WakerTest, ATurnForgetsTheWakesBeforeIt) {
  Waker waker;
  waker.Wake();
  waker.BeginTurn();
  EXPECT_FALSE(waker.WasWoken());
  waker.Wait(1);  // A nanosecond: it returns although nobody wakes it.
}

}  // namespace
}  // namespace millrace
