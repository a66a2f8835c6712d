#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "connectors/kafka/client/client_handle.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"

namespace millrace::kafka {

// Asks brokers which partitions there are, for those who doubt what they were
// told of one. Called by the reader's worker only; never waits.
class TopicInquiry {
 public:
  struct Topic {
    int error = 0;  // Of the library's; 0: it is there,
    int32_t partitions = 0;  // with so many.
  };
  struct Answer {
    int64_t asked_nanos = 0;  // By Clock::SteadyNanos.
    int error = 0;            // Not 0: nobody answered.
    std::map<std::string, Topic> topics;
  };

  virtual ~TopicInquiry() = default;

  // The last answer, if it was asked for after `nanos`. Null: there is none
  // yet, but one will come, and wake the worker.
  virtual const Answer* AnswerSince(int64_t nanos) = 0;
};

// Asks about all topics of a client in one request, one at a time: however many
// partitions are in doubt. An answer is waited for on the executor, for
// kAnswerWithin at most.
class BrokerInquiry final : public TopicInquiry {
 public:
  static constexpr absl::Duration kAnswerWithin = absl::Seconds(1);

  // `clock` and `background` outlive this.
  BrokerInquiry(std::shared_ptr<ClientHandle> client, const Clock* clock,
                Executor* background, std::function<void()> wake)
      : client_(std::move(client)),
        clock_(clock),
        background_(background),
        answers_(std::make_shared<Answers>(std::move(wake))) {}
  BrokerInquiry(const BrokerInquiry&) = delete;
  BrokerInquiry& operator=(const BrokerInquiry&) = delete;
  ~BrokerInquiry() override { answers_->Close(); }

  const Answer* AnswerSince(int64_t nanos) override;

 private:
  using Answers = OutcomeBox<Answer>;

  const std::shared_ptr<ClientHandle> client_;
  const Clock* const clock_;
  Executor* const background_;
  const std::shared_ptr<Answers> answers_;
  std::optional<Answer> last_;
  bool is_asking_ = false;
};

}  // namespace millrace::kafka
