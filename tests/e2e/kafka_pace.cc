#include "tests/e2e/kafka_pace.h"

#include <librdkafka/rdkafka.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>

#include "tests/e2e/probe_client.h"

namespace millrace::e2e {
namespace {

constexpr int kTimeoutMs = 15'000;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kWarmUpSeconds = 5;
// Records are handed over in bursts of this, or sleeping would cost more than
// sending.
constexpr int64_t kTick = kSecond / 1000;

int64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

void SleepUntil(int64_t nanos) {
  const timespec until = {nanos / kSecond, nanos % kSecond};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

void Send(const std::string& brokers, const std::string& topic, int64_t rate,
          int64_t count) {
  Client client = OpenClient(RD_KAFKA_PRODUCER, brokers,
                             {{"linger.ms", "0"}, {"acks", "1"}});
  rd_kafka_topic_t* handle =
      rd_kafka_topic_new(client.get(), topic.c_str(), nullptr);
  const int64_t start = Now() + kSecond / 2;
  char record[256];
  for (int64_t i = 0; i < count; ++i) {
    const int64_t due = start + i * kSecond / rate;
    if (const int64_t now = Now(); due > now) {
      SleepUntil(std::max(due, now + kTick));
      rd_kafka_poll(client.get(), 0);
    }
    const int size = std::snprintf(
        record, sizeof record,
        "{\"id\":%lld,\"due\":%lld,\"pass\":%d,\"text\":"
        "\"some words that nobody reads, as most of a record is\"}",
        static_cast<long long>(i), static_cast<long long>(due),
        static_cast<int>(i % 2));
    while (rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            record, size, nullptr, 0, nullptr) != 0) {
      rd_kafka_poll(client.get(), 1);
    }
  }
  Check(rd_kafka_flush(client.get(), kTimeoutMs));
  rd_kafka_topic_destroy(handle);
}

int64_t Field(const rd_kafka_message_t& message, const char* name) {
  const std::string text(static_cast<const char*>(message.payload),
                         message.len);
  const size_t at = text.find(name);
  if (at == std::string::npos) Fail("no record of this test: " + text);
  return std::strtoll(text.c_str() + at + std::strlen(name), nullptr, 10);
}

void Report(std::vector<double> millis, int64_t missing) {
  if (millis.empty()) Fail("no record came through");
  std::sort(millis.begin(), millis.end());
  const auto at = [&](double quantile) {
    return millis[static_cast<size_t>(quantile * (millis.size() - 1))];
  };
  std::printf(
      "records %zu missing %lld p50_ms %.2f p99_ms %.2f p999_ms %.2f "
      "max_ms %.2f\n",
      millis.size(), static_cast<long long>(missing), at(0.5), at(0.99),
      at(0.999), millis.back());
}

}  // namespace

void Pace(const std::string& brokers, const std::vector<std::string>& args) {
  const int64_t rate = std::stoll(args[2]);
  const int64_t count = rate * std::stoll(args[3]);
  Client client = OpenClient(RD_KAFKA_CONSUMER, brokers,
                             {{"group.id", "pace"},
                              {"enable.auto.commit", "false"},
                              {"fetch.wait.max.ms", "500"}});
  int64_t low, high;
  Check(rd_kafka_query_watermark_offsets(client.get(), args[1].c_str(), 0, &low,
                                         &high, kTimeoutMs));
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, args[1].c_str(), 0)->offset = high;
  Check(rd_kafka_assign(client.get(), list));
  rd_kafka_topic_partition_list_destroy(list);

  std::atomic<bool> sent = false;
  std::thread sender([&] {
    Send(brokers, args[0], rate, count);
    sent = true;
  });
  const int64_t expected = count / 2;
  int64_t arrived = 0;
  std::vector<double> millis;
  while (arrived < expected) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client.get(), 2000);
    if (message == nullptr && sent) break;
    if (message == nullptr) continue;
    const int64_t now = Now();
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++arrived;
      if (Field(*message, "\"id\":") >= rate * kWarmUpSeconds) {
        millis.push_back((now - Field(*message, "\"due\":")) / 1e6);
      }
    }
    rd_kafka_message_destroy(message);
  }
  sender.join();
  Report(std::move(millis), expected - arrived);
}

}  // namespace millrace::e2e
