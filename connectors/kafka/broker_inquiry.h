#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "connectors/kafka/client/client_handle.h"
#include "connectors/kafka/topic_inquiry.h"
#include "runtime/base/clock.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"

namespace millrace::kafka {

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
