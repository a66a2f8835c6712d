#include "connectors/kafka/broker_inquiry.h"

#include <functional>

#include "gtest/gtest.h"

namespace millrace::kafka {
namespace {

// An answer that is long in coming is no answer.
class Silent final : public Executor {
 public:
  void Post(std::function<void()>) override { ++questions; }
  int questions = 0;
};

TEST(BrokerInquiryTest, ManyPartitionsInDoubtAreOneQuestion) {
  ManualClock clock{absl::FromUnixSeconds(1000)};
  Silent brokers;
  BrokerInquiry inquiry(nullptr, &clock, &brokers, [] {});
  for (int partition = 0; partition < 100; ++partition) {
    EXPECT_EQ(inquiry.AnswerSince(clock.SteadyNanos() - 1), nullptr);
    clock.AdvanceBy(absl::Milliseconds(10));
  }
  EXPECT_EQ(brokers.questions, 1) << "and nobody waited for the answer";
}

}  // namespace
}  // namespace millrace::kafka
