#include "connectors/kafka/client/producer_push.h"

#include <librdkafka/rdkafka.h>

#include <utility>

#include "runtime/base/check.h"

namespace millrace::kafka {
namespace {

// How long the library lingers over nothing: until its threads have noticed,
// also where others want their cores. Where a request is under way and records
// wait behind it they poll without a pause so long.
constexpr int kNoLingerMs = 2;

}  // namespace

ProducerPush::ProducerPush(std::shared_ptr<ClientHandle> client,
                           Executor* background, std::function<void()> wake)
    : client_(std::move(client)),
      background_(background),
      ended_(std::make_shared<Box>(std::move(wake))) {}

void ProducerPush::Begin() {
  MILLRACE_CHECK(!is_under_way());
  ended_->TakeAll();
  is_under_way_ = true;
  background_->Post([client = client_, ended = ended_] {
    rd_kafka_flush(client->get(), kNoLingerMs);
    ended->Post({});
  });
}

}  // namespace millrace::kafka
