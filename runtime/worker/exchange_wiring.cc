#include "runtime/worker/exchange_wiring.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/batch/key_packer.h"
#include "state/snapshot.h"

namespace millrace {
namespace {

HashRows HashOfColumns(const Vertex& from, const std::vector<int32_t>& keys) {
  std::vector<LogicalType> types;
  for (const int32_t key : keys) types.push_back(from.output[key].type);
  auto hasher = std::make_shared<KeyHasher>(std::move(types));
  return [hasher, keys](const Batch& batch) {
    std::vector<VectorRef> columns;
    columns.reserve(keys.size());
    for (const int32_t key : keys) columns.push_back(batch.columns[key]);
    return hasher->Hash(columns, batch.selection(), batch.row_count);
  };
}

std::vector<int> ReceiverOfGroup(int receivers, int max_parallelism) {
  std::vector<int> receiver_of_group(max_parallelism);
  for (int i = 0; i < receivers; ++i) {
    const KeyGroupRange range =
        KeyGroupsOf(SubtaskIndex(i), receivers, max_parallelism);
    for (KeyGroup group = range.first; group < range.limit;
         group = group.Next()) {
      receiver_of_group[group.value()] = i;
    }
  }
  return receiver_of_group;
}

}  // namespace

ExchangeWiring::ExchangeWiring(const JobPlan& plan,
                               const std::vector<PlannedChain>& chains,
                               const SubtaskEnvironment& environment)
    : plan_(plan), environment_(environment) {
  std::vector<bool> is_first(plan.vertices.size(), false);
  for (const PlannedChain& chain : chains) {
    is_first[chain.vertices.front().value()] = true;
  }
  for (int32_t edge = 0; edge < std::ssize(plan.edges); ++edge) {
    // Edges inside a chain are calls.
    if (is_first[plan.edges[edge].to.value()]) Connect(edge);
  }
}

void ExchangeWiring::Connect(int32_t index) {
  const Edge& edge = plan_.edges[index];
  Exchange exchange = {.edge = &edge,
                       .senders = plan_.vertex(edge.from).parallelism,
                       .receivers = plan_.vertex(edge.to).parallelism};
  for (int sender = 0; sender < exchange.senders; ++sender) {
    for (int receiver = 0; receiver < exchange.receivers; ++receiver) {
      const bool flows =
          edge.exchange != ExchangeKind::kForward || sender == receiver;
      exchange.rings.push_back(
          flows ? RingOf({index, sender, receiver}) : nullptr);
    }
  }
  exchanges_.push_back(std::move(exchange));
}

Ring* ExchangeWiring::RingOf(const ChannelName& channel) {
  const Placement& placement = environment_.placement;
  const bool sends = placement.is_here(channel.sender);
  const bool receives = placement.is_here(channel.receiver);
  if (!sends && !receives) return nullptr;
  if (sends && receives) {
    rings_.push_back(std::make_unique<Ring>(
        Ring::Options{.producer = WakerOf(channel.sender),
                      .consumer = WakerOf(channel.receiver)}));
    return rings_.back().get();
  }
  MILLRACE_CHECK(environment_.remote != nullptr);
  if (sends) {
    return environment_.remote->OpenSender(
        channel, placement.process_of(channel.receiver),
        WakerOf(channel.sender));
  }
  return environment_.remote->OpenReceiver(
      channel, placement.process_of(channel.sender),
      WakerOf(channel.receiver));
}

Waker* ExchangeWiring::WakerOf(int subtask) const {
  return environment_.workers[environment_.placement.WorkerOf(subtask)];
}

std::vector<InputGate::Channel> ExchangeWiring::InputsOf(
    const PlannedChain& chain, int subtask) const {
  std::vector<InputGate::Channel> channels;
  for (const Exchange& exchange : exchanges_) {
    if (exchange.edge->to != chain.vertices.front()) continue;
    for (int sender = 0; sender < exchange.senders; ++sender) {
      Ring* ring = exchange.rings[sender * exchange.receivers + subtask];
      if (ring == nullptr) continue;
      channels.push_back(
          {ring, exchange.edge->input,
           /*is_remote=*/!environment_.placement.is_here(sender)});
    }
  }
  return channels;
}

std::vector<std::unique_ptr<ExchangeOutput>> ExchangeWiring::OutputsOf(
    const PlannedChain& chain, int subtask,
    const FlowCounters& counters) const {
  std::vector<std::unique_ptr<ExchangeOutput>> outputs;
  for (const Exchange& exchange : exchanges_) {
    if (exchange.edge->from != chain.vertices.back()) continue;
    const auto first =
        exchange.rings.begin() + subtask * exchange.receivers;
    outputs.push_back(std::make_unique<ExchangeOutput>(
        PartitionerOf(exchange, subtask),
        std::vector<Ring*>(first, first + exchange.receivers),
        environment_.clock, counters));
  }
  return outputs;
}

Partitioner ExchangeWiring::PartitionerOf(const Exchange& exchange,
                                          int subtask) const {
  switch (exchange.edge->exchange) {
    case ExchangeKind::kForward:
      return Partitioner::One(subtask);
    case ExchangeKind::kHash:
      return Partitioner::Hash(
          ReceiverOfGroup(exchange.receivers, plan_.max_parallelism),
          HashOfColumns(plan_.vertex(exchange.edge->from),
                        exchange.edge->keys));
    case ExchangeKind::kRebalance:
      return Partitioner::Rebalance(exchange.receivers, subtask);
    case ExchangeKind::kBroadcast:
      return Partitioner::Broadcast(exchange.receivers);
    case ExchangeKind::kGlobal:
      break;
  }
  return Partitioner::One(0);
}

}  // namespace millrace
