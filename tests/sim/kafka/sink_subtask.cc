#include "tests/sim/kafka/sink_subtask.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"

namespace millrace::sim {
namespace {

const char* NameOf(const kafka::session::Request& request) {
  static constexpr const char* kNames[] = {
      "Describe", "MakeTopic", "Init", "CommitNonce", "ReadMarkers",
      "SendChunk", "SendMarker", "Commit"};
  return kNames[request.index()];
}

}  // namespace

SinkSubtask::SinkSubtask(Parts parts, Epochs restored)
    : parts_(std::move(parts)),
      port_(parts_.scheduler, parts_.cluster, parts_.link, parts_.process),
      machine_(parts_.options),
      restored_(std::move(restored)) {}

void SinkSubtask::Start() {
  Step(Machine::Start());
  StepDue(millrace::SinkCommitter::Restored{std::move(restored_)});
}

void SinkSubtask::Write(std::string key, std::string value) {
  written_.emplace_back(std::move(key), std::move(value));
}

void SinkSubtask::Seal(int64_t checkpoint, size_t chunk_records) {
  millrace::SinkCommitter::Epoch epoch{CheckpointId(checkpoint), {}};
  if (!written_.empty()) {
    kafka::SealedEpoch sealed{
        .lineage = parts_.lineage,
        .transactional_id = parts_.options.transactional_id,
        .commits_topic = parts_.options.commits_topic,
        .partition = parts_.options.partition,
        .sequence = checkpoint,
        .acknowledged = machine_.acknowledged(),
        .topics = {parts_.options.output_topic}};
    for (size_t from = 0; from < written_.size(); from += chunk_records) {
      const size_t end = std::min(from + chunk_records, written_.size());
      kafka::BlockWriter writer;
      std::string blocks;
      for (size_t i = from; i < end; ++i) {
        kafka::OutputRecord record;
        record.key = written_[i].first;
        record.value = written_[i].second;
        writer.Append(record, blocks);
      }
      writer.Flush(blocks);
      sealed.chunks.push_back(
          {.size_bytes = static_cast<int64_t>(blocks.size()),
           .records = static_cast<int32_t>(end - from)});
      sealed.inlined += blocks;
    }
    written_.clear();
    epoch.committables.push_back(sealed.ToCommittable());
  }
  StepDue(millrace::SinkCommitter::Sealed{std::move(epoch)});
}

void SinkSubtask::Complete(int64_t checkpoint) {
  StepDue(millrace::SinkCommitter::Completed{CheckpointId(checkpoint)});
}

SinkSubtask::Epochs SinkSubtask::Pending() const {
  return {due_.pending().begin(), due_.pending().end()};
}

void SinkSubtask::StepDue(millrace::SinkCommitter::Event event) {
  if (!is_alive()) return;
  const auto actions = due_.Step(std::move(event), Now());
  if (!actions.failed.ok()) return Fail(actions.failed);
  if (actions.commit.empty()) return;
  begun_.clear();
  for (const Committable& committable : actions.commit) {
    auto epoch = kafka::SealedEpoch::From(committable);
    MILLRACE_CHECK(epoch.ok());
    begun_.push_back(*std::move(epoch));
  }
  Step(Machine::Begin{begun_});
}

void SinkSubtask::Step(Machine::Event event) {
  if (!is_alive()) return;
  Machine::Actions actions = machine_.Step(std::move(event), Now());
  if (!actions.failed.ok()) return Fail(actions.failed);
  for (Machine::Action& action : actions.list) {
    if (!is_alive()) return;
    Do(std::move(action));
  }
  if (is_alive() && due_.is_committing() && machine_.is_done()) {
    StepDue(millrace::SinkCommitter::Committed{absl::OkStatus()});
  }
}

void SinkSubtask::Fail(const absl::Status& why) {
  has_failed_ = true;
  sessions_.clear();
  parts_.on_failed(why);
}

void SinkSubtask::Do(Machine::Action action) {
  if (const auto* open = std::get_if<Machine::Open>(&action)) {
    sessions_[open->session] =
        *port_.Open({.transactional_id = open->transactional_id,
                     .transaction_timeout =
                         parts_.options.transaction_timeout});
  } else if (const auto* close = std::get_if<Machine::Close>(&action)) {
    sessions_.erase(close->session);
  } else if (auto* ask = std::get_if<Machine::Ask>(&action)) {
    Ask(ask->session, std::move(ask->request), ask->wait);
  } else {
    const auto& send = std::get<Machine::Send>(action);
    Ask(send.session, ChunkOf(send), absl::ZeroDuration());
  }
}

kafka::session::SendChunk SinkSubtask::ChunkOf(
    const Machine::Send& send) const {
  const kafka::SealedEpoch& epoch = begun_[send.epoch];
  size_t offset = 0;
  for (int32_t i = 0; i < send.chunk; ++i) {
    offset += static_cast<size_t>(epoch.chunks[i].size_bytes);
  }
  parts_.scheduler->Trace(absl::StrCat(
      "sends chunk ", send.chunk, " of epoch ", epoch.sequence, " of ",
      epoch.lineage, " under ", epoch.transactional_id));
  auto chunk = std::make_shared<kafka::SealedChunk>();
  chunk->topics = epoch.topics;
  chunk->records = epoch.chunks[send.chunk].records;
  chunk->blocks = epoch.inlined.substr(
      offset, static_cast<size_t>(epoch.chunks[send.chunk].size_bytes));
  return {std::move(chunk)};
}

void SinkSubtask::Ask(int64_t session, kafka::session::Request request,
                      absl::Duration wait) {
  const std::string name = NameOf(request);
  parts_.scheduler->Trace(absl::StrCat("asks ", name, " in ", session));
  sessions_.at(session)->Ask(
      std::move(request), wait,
      [this, session, name](kafka::session::Answer answer) {
        parts_.scheduler->Trace(
            absl::StrCat("is answered ", name, " in ", session, ": ",
                         static_cast<int>(answer.outcome), " ", answer.why));
        Step(Machine::Answered{session, std::move(answer)});
      });
}

}  // namespace millrace::sim
