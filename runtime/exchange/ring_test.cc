#include "runtime/exchange/ring.h"

#include <memory>
#include <thread>
#include <variant>

#include "gtest/gtest.h"

namespace millrace {
namespace {

// A batch of one column that is charged 8 bytes a row.
Batch BatchOfRows(uint32_t rows, int64_t first = 0) {
  auto column = std::make_shared<Vector>(PhysicalType::kInt64, rows);
  for (uint32_t i = 0; i < rows; ++i) column->data<int64_t>()[i] = first + i;
  return {.row_count = rows, .columns = {column}};
}

TEST(RingTest, GivesEventsInOrder) {
  Ring ring({});
  StreamEvent batch = BatchOfRows(1, 7);
  StreamEvent watermark = WatermarkEvent{42};
  ASSERT_TRUE(ring.Offer(batch));
  ASSERT_TRUE(ring.Offer(watermark));

  auto first = ring.Take();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(std::get<Batch>(*first).columns[0]->data<int64_t>()[0], 7);
  auto second = ring.Take();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(std::get<WatermarkEvent>(*second).watermark_ms, 42);
  EXPECT_FALSE(ring.Take().has_value());
}

TEST(RingTest, RefusesWhenItsBytesAreUsedAndLeavesTheEventAlone) {
  Ring ring({.limit_bytes = 1000});
  StreamEvent large = BatchOfRows(200);
  ASSERT_TRUE(ring.Offer(large)) << "larger than the limit, but it was empty";
  StreamEvent next = BatchOfRows(1, 5);
  EXPECT_FALSE(ring.HasRoom());
  EXPECT_FALSE(ring.Offer(next));
  EXPECT_EQ(std::get<Batch>(next).row_count, 1);

  ring.Take();
  EXPECT_TRUE(ring.Offer(next));
}

TEST(RingTest, RefusesWhenItsSlotsAreUsed) {
  Ring ring({.slots = 2});
  StreamEvent event = WatermarkEvent{1};
  EXPECT_TRUE(ring.Offer(event));
  EXPECT_TRUE(ring.Offer(event));
  EXPECT_FALSE(ring.Offer(event));
}

TEST(RingTest, PinsNothingOfABatchThatWasTaken) {
  Ring ring({});
  StreamEvent event = BatchOfRows(1);
  std::weak_ptr<const Vector> column = std::get<Batch>(event).columns[0];
  ASSERT_TRUE(ring.Offer(event));
  ring.Take();
  EXPECT_TRUE(column.expired());
}

TEST(RingTest, WakesTheConsumerAtAnOfferAndARefusedProducerAtHalf) {
  Waker producer;
  Waker consumer;
  Ring ring({.slots = 4, .producer = &producer, .consumer = &consumer});
  producer.BeginTurn();
  consumer.BeginTurn();
  StreamEvent event = WatermarkEvent{1};
  ASSERT_TRUE(ring.Offer(event));
  EXPECT_TRUE(consumer.WasWoken());

  ring.Take();
  EXPECT_FALSE(producer.WasWoken()) << "nobody was refused";
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(ring.Offer(event));
  ASSERT_FALSE(ring.Offer(event));
  ring.Take();
  EXPECT_FALSE(producer.WasWoken()) << "three of four are left";
  ring.Take();
  EXPECT_TRUE(producer.WasWoken());
}

// Both sides sleep whenever they can do nothing: a lost wake-up hangs the test.
TEST(RingTest, TwoThreadsPassEveryEventOnceInOrder) {
  constexpr int64_t kEvents = 20000;
  Waker producer;
  Waker consumer;
  Ring ring({.limit_bytes = 2000,
             .slots = 8,
             .producer = &producer,
             .consumer = &consumer});
  std::thread sender([&] {
    for (int64_t i = 0; i < kEvents; ++i) {
      StreamEvent event = BatchOfRows(1 + i % 100, i);
      while (true) {
        producer.BeginTurn();
        if (ring.Offer(event)) break;
        producer.Wait(INT64_MAX);
      }
    }
  });
  int64_t expected = 0;
  while (expected < kEvents) {
    consumer.BeginTurn();
    bool any = false;
    while (auto event = ring.Take()) {
      any = true;
      const Batch& batch = std::get<Batch>(*event);
      ASSERT_EQ(batch.row_count, 1 + expected % 100);
      ASSERT_EQ(batch.columns[0]->data<int64_t>()[0], expected);
      ++expected;
    }
    if (!any) consumer.Wait(INT64_MAX);
  }
  sender.join();
  EXPECT_EQ(ring.size_bytes(), 0);
}

}  // namespace
}  // namespace millrace
