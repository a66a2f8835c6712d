// Messages of a TaskManager: proto::ToJobManager.
#include <utility>

#include "runtime/base/check.h"
#include "runtime/rpc/cluster_codec.h"
#include "runtime/rpc/reference_codec.h"
#include "runtime/rpc/status_codec.h"
#include "state/storage/operator_snapshot_codec.h"

namespace millrace {

using to_job_manager::Acknowledged;
using to_job_manager::Deployed;
using to_job_manager::Draining;
using to_job_manager::Drained;
using to_job_manager::Ended;
using to_job_manager::FinishLine;
using to_job_manager::Heartbeat;
using to_job_manager::Register;
using to_job_manager::SplitsRequested;
using to_job_manager::Stopped;

namespace {

using Proto = proto::ToJobManager;

void Write(const Register& message, Proto& all) {
  Proto::Registration& to = *all.mutable_registration();
  to.set_task_manager(message.task_manager);
  to.set_life(message.life);
  to.set_cluster(message.cluster);
  to.set_version(message.version);
  to.set_slots(message.slots);
  to.set_data_address(message.data_address);
  to.set_metrics_port(message.metrics_port);
  to.set_memory_bytes(message.memory_bytes);
  to.set_cores(message.cores);
  for (const std::string& name : message.connectors) to.add_connectors(name);
}

Register Read(const Proto::Registration& from) {
  return {.task_manager = from.task_manager(),
          .life = static_cast<int64_t>(from.life()),
          .cluster = from.cluster(),
          .version = from.version(),
          .slots = from.slots(),
          .data_address = from.data_address(),
          .metrics_port = from.metrics_port(),
          .memory_bytes = from.memory_bytes(),
          .cores = from.cores(),
          .connectors = {from.connectors().begin(), from.connectors().end()}};
}

void Write(const SubtaskReport& report, proto::SubtaskReport& to) {
  WriteRef(report.subtask, *to.mutable_subtask());
  for (const SubtaskReport::OperatorCount& count : report.operators) {
    proto::SubtaskReport::OperatorCount& added = *to.add_operators();
    added.set_vertex(count.vertex.value());
    added.set_rows_in(count.rows_in);
    added.set_rows_out(count.rows_out);
    added.set_bytes_in(count.bytes_in);
    added.set_bytes_out(count.bytes_out);
    added.set_late_rows(count.late_rows);
    added.set_watermark_ms(count.watermark_ms);
  }
  to.set_busy_nanos(report.busy_nanos);
  to.set_idle_nanos(report.idle_nanos);
  to.set_back_pressured_nanos(report.back_pressured_nanos);
  to.set_watermark_holder(report.watermark_holder);
}

SubtaskReport Read(const proto::SubtaskReport& from) {
  SubtaskReport report = {.subtask = ReadRef(from.subtask()),
                          .busy_nanos = from.busy_nanos(),
                          .idle_nanos = from.idle_nanos(),
                          .back_pressured_nanos = from.back_pressured_nanos(),
                          .watermark_holder = from.watermark_holder()};
  for (const proto::SubtaskReport::OperatorCount& count : from.operators()) {
    report.operators.push_back({.vertex = VertexId(count.vertex()),
                                .rows_in = count.rows_in(),
                                .rows_out = count.rows_out(),
                                .bytes_in = count.bytes_in(),
                                .bytes_out = count.bytes_out(),
                                .late_rows = count.late_rows(),
                                .watermark_ms = count.watermark_ms()});
  }
  return report;
}

void Write(const Heartbeat& message, Proto& all) {
  Proto::Heartbeat& to = *all.mutable_heartbeat();
  for (const Heartbeat::Attempt& attempt : message.attempts) {
    Proto::Heartbeat::Attempt& added = *to.add_attempts();
    WriteRef(attempt.attempt, *added.mutable_attempt());
    for (const SubtaskReport& subtask : attempt.subtasks) {
      Write(subtask, *added.add_subtasks());
    }
  }
  to.set_memory_used_bytes(message.memory_used_bytes);
}

Heartbeat Read(const Proto::Heartbeat& from) {
  Heartbeat message = {.memory_used_bytes = from.memory_used_bytes()};
  for (const Proto::Heartbeat::Attempt& attempt : from.attempts()) {
    Heartbeat::Attempt& added = message.attempts.emplace_back();
    added.attempt = ReadRef(attempt.attempt());
    for (const proto::SubtaskReport& subtask : attempt.subtasks()) {
      added.subtasks.push_back(Read(subtask));
    }
  }
  return message;
}

void Write(const Deployed& message, Proto& all) {
  Proto::Deployed& to = *all.mutable_deployed();
  WriteRef(message.attempt, *to.mutable_attempt());
  WriteStatus(message.status, *to.mutable_status());
  for (const SubtaskId& id : message.subtasks) WriteRef(id, *to.add_subtasks());
  for (const SubtaskId& id : message.roots) WriteRef(id, *to.add_roots());
  to.set_kept_states(message.kept_states);
  to.set_new_states(message.new_states);
  for (const std::string& uid : message.dropped_states) {
    to.add_dropped_states(uid);
  }
}

Deployed Read(const Proto::Deployed& from) {
  Deployed message = {.attempt = ReadRef(from.attempt()),
                      .status = ReadStatus(from.status()),
                      .kept_states = from.kept_states(),
                      .new_states = from.new_states(),
                      .dropped_states = {from.dropped_states().begin(),
                                         from.dropped_states().end()}};
  for (const proto::SubtaskRef& id : from.subtasks()) {
    message.subtasks.push_back(ReadRef(id));
  }
  for (const proto::SubtaskRef& id : from.roots()) {
    message.roots.push_back(ReadRef(id));
  }
  return message;
}

void Write(const Drained& message, Proto& all) {
  WriteRef(message.attempt, *all.mutable_drained()->mutable_attempt());
  WriteRef(message.subtask, *all.mutable_drained()->mutable_subtask());
}

void Write(const Ended& message, Proto& all) {
  Proto::Ended& to = *all.mutable_ended();
  WriteRef(message.attempt, *to.mutable_attempt());
  WriteRef(message.subtask, *to.mutable_subtask());
  WriteStatus(message.status, *to.mutable_status());
}

void Write(const SplitsRequested& message, Proto& all) {
  Proto::SplitsRequested& to = *all.mutable_splits_requested();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_source(message.source.value());
  to.set_subtask(message.subtask);
}

void Write(const Acknowledged& message, Proto& all) {
  const Acknowledgement& given = message.acknowledgement;
  Proto::Acknowledged& to = *all.mutable_acknowledged();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_checkpoint(given.checkpoint.value());
  WriteRef(given.subtask, *to.mutable_subtask());
  WriteStatus(given.snapshots.status(), *to.mutable_status());
  if (!given.snapshots.ok()) return;
  for (const OperatorSnapshot& snapshot : *given.snapshots) {
    WriteOperatorSnapshot(snapshot, *to.add_snapshots());
  }
}

absl::StatusOr<to_job_manager::Message> Read(Proto::Acknowledged& from) {
  Acknowledgement given = {.checkpoint = CheckpointId(from.checkpoint()),
                           .subtask = ReadRef(from.subtask()),
                           .snapshots = std::vector<OperatorSnapshot>()};
  if (const absl::Status declined = ReadStatus(from.status());
      !declined.ok()) {
    given.snapshots = declined;
    return Acknowledged{ReadRef(from.attempt()), std::move(given)};
  }
  for (proto::OperatorSnapshot& snapshot : *from.mutable_snapshots()) {
    if (!ReadOperatorSnapshot(snapshot, given.snapshots->emplace_back())) {
      return UnreadableMessage("it comes from a newer version: a snapshot has "
                               "a form that is not known here");
    }
  }
  return Acknowledged{ReadRef(from.attempt()), std::move(given)};
}

void Write(const Stopped& message, Proto& all) {
  WriteRef(message.attempt, *all.mutable_stopped()->mutable_attempt());
}

void Write(const FinishLine& message, Proto& all) {
  Proto::FinishLine& to = *all.mutable_finish_line();
  WriteRef(message.attempt, *to.mutable_attempt());
  WriteRef(message.subtask, *to.mutable_subtask());
  to.set_line(message.line);
}

void Write(const Draining&, Proto& all) { all.mutable_draining(); }

absl::StatusOr<to_job_manager::Message> ReadAny(Proto& from) {
  switch (from.kind_case()) {
    case Proto::kRegistration:
      return Read(from.registration());
    case Proto::kHeartbeat:
      return Read(from.heartbeat());
    case Proto::kDeployed:
      return Read(from.deployed());
    case Proto::kDrained:
      return Drained{ReadRef(from.drained().attempt()),
                     ReadRef(from.drained().subtask())};
    case Proto::kEnded:
      return Ended{ReadRef(from.ended().attempt()),
                   ReadRef(from.ended().subtask()),
                   ReadStatus(from.ended().status())};
    case Proto::kSplitsRequested:
      return SplitsRequested{ReadRef(from.splits_requested().attempt()),
                             VertexId(from.splits_requested().source()),
                             from.splits_requested().subtask()};
    case Proto::kAcknowledged:
      return Read(*from.mutable_acknowledged());
    case Proto::kStopped:
      return Stopped{ReadRef(from.stopped().attempt())};
    case Proto::kFinishLine:
      return FinishLine{ReadRef(from.finish_line().attempt()),
                        ReadRef(from.finish_line().subtask()),
                        from.finish_line().line()};
    case Proto::kDraining:
      return Draining{};
    case Proto::KIND_NOT_SET:
      break;
  }
  return UnreadableMessage("it comes from a newer version: its kind is not "
                           "known here");
}

}  // namespace

std::string Encode(const to_job_manager::Message& message) {
  Proto to;
  std::visit([&to](const auto& kind) { Write(kind, to); }, message);
  std::string bytes;
  MILLRACE_CHECK(to.SerializeToString(&bytes));  // Beyond 2 GiB.
  return bytes;
}

absl::StatusOr<to_job_manager::Message> DecodeToJobManager(
    absl::string_view bytes) {
  Proto from;
  if (!from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return UnreadableMessage("its bytes are damaged");
  }
  return ReadAny(from);
}

}  // namespace millrace
