#pragma once

#include <functional>
#include <memory>

#include "connectors/kafka/client/client_handle.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"

namespace millrace::kafka {

// Has a producer send at once what would wait for more of its kind: for a
// moment the library lingers over nothing. It has no call for that which does
// not block, so it is made on an executor.
//
// The writer's worker's; woken when a push has ended.
class ProducerPush {
 public:
  // `background` outlives this.
  ProducerPush(std::shared_ptr<ClientHandle> client, Executor* background,
               std::function<void()> wake);
  ProducerPush(const ProducerPush&) = delete;
  ProducerPush& operator=(const ProducerPush&) = delete;
  ~ProducerPush() { ended_->Close(); }

  // REQUIRES: none is under way.
  void Begin();
  bool is_under_way() const { return is_under_way_ && ended_->is_empty(); }

 private:
  struct Ended {};
  using Box = OutcomeBox<Ended>;

  const std::shared_ptr<ClientHandle> client_;
  Executor* const background_;
  const std::shared_ptr<Box> ended_;
  bool is_under_way_ = false;
};

}  // namespace millrace::kafka
