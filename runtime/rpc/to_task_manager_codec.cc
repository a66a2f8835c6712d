// Messages of a JobManager: proto::ToTaskManager.
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/rpc/cluster_codec.h"
#include "runtime/rpc/reference_codec.h"
#include "runtime/rpc/status_codec.h"

namespace millrace {

using to_task_manager::Abort;
using to_task_manager::Alive;
using to_task_manager::Complete;
using to_task_manager::Deploy;
using to_task_manager::DrainSources;
using to_task_manager::GiveSplits;
using to_task_manager::Refused;
using to_task_manager::Registered;
using to_task_manager::Stop;
using to_task_manager::Trigger;

absl::Status UnreadableMessage(absl::string_view why) {
  return UserError({.code = "JOB-0070",
                    .what = "a message of the cluster cannot be read",
                    .where = {},
                    .why = std::string(why),
                    .fix = "Run the same version of millrace on every machine "
                           "of the cluster."});
}

namespace {

using TaskManagerProto = proto::ToTaskManager;

void Write(const Registered& message, TaskManagerProto& all) {
  TaskManagerProto::Registered& to = *all.mutable_registered();
  to.set_term(message.term);
  to.set_heartbeat_interval_ns(
      absl::ToInt64Nanoseconds(message.heartbeat_interval));
  to.set_heartbeat_timeout_ns(
      absl::ToInt64Nanoseconds(message.heartbeat_timeout));
}

Registered Read(const TaskManagerProto::Registered& from) {
  return {.term = from.term(),
          .heartbeat_interval = absl::Nanoseconds(from.heartbeat_interval_ns()),
          .heartbeat_timeout = absl::Nanoseconds(from.heartbeat_timeout_ns())};
}

void Write(const Refused& message, TaskManagerProto& all) {
  WriteStatus(message.status, *all.mutable_refused()->mutable_status());
}

void Write(const Alive&, TaskManagerProto& all) { all.mutable_alive(); }

void Write(const Deploy& message, TaskManagerProto& all) {
  TaskManagerProto::Deploy& to = *all.mutable_deploy();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_plan(message.plan);
  for (const auto& [key, value] : message.config) {
    TaskManagerProto::Deploy::Setting& added = *to.add_config();
    added.set_key(key);
    added.set_value(value);
  }
  for (const Deploy::Process& process : message.processes) {
    TaskManagerProto::Deploy::Process& added = *to.add_processes();
    added.set_task_manager(process.task_manager);
    added.set_life(process.life);
    added.set_data_address(process.data_address);
  }
  for (const int32_t process : message.process_of_slot) {
    to.add_process_of_slot(process);
  }
  to.set_self(message.self);
  to.set_restore(message.restore);
  to.set_restore_object(message.restore_object);
}

absl::StatusOr<to_task_manager::Message> Read(TaskManagerProto::Deploy& from) {
  Deploy message = {.attempt = ReadRef(from.attempt()),
                    .plan = std::move(*from.mutable_plan()),
                    .process_of_slot = {from.process_of_slot().begin(),
                                        from.process_of_slot().end()},
                    .self = from.self(),
                    .restore = std::move(*from.mutable_restore()),
                    .restore_object = from.restore_object()};
  for (const TaskManagerProto::Deploy::Setting& setting : from.config()) {
    message.config.emplace_back(setting.key(), setting.value());
  }
  for (const TaskManagerProto::Deploy::Process& process : from.processes()) {
    message.processes.push_back(
        {.task_manager = process.task_manager(),
         .life = static_cast<int64_t>(process.life()),
         .data_address = process.data_address()});
  }
  const int count = from.processes_size();
  bool fits = message.self >= 0 && message.self < count &&
              !message.process_of_slot.empty();
  for (const int32_t process : message.process_of_slot) {
    fits &= process >= 0 && process < count;
  }
  if (!fits) return UnreadableMessage("its slots are of no process");
  return message;
}

void Write(const GiveSplits& message, TaskManagerProto& all) {
  TaskManagerProto::GiveSplits& to = *all.mutable_give_splits();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_source(message.source.value());
  to.set_subtask(message.subtask);
  for (const Split& split : message.splits) {
    TaskManagerProto::GiveSplits::Split& added = *to.add_splits();
    added.set_id(split.id);
    added.set_position(split.position);
  }
  to.set_no_more_splits(message.no_more_splits);
  to.set_hold_watermark(message.hold_watermark);
}

GiveSplits Read(const TaskManagerProto::GiveSplits& from) {
  GiveSplits message = {.attempt = ReadRef(from.attempt()),
                        .source = VertexId(from.source()),
                        .subtask = from.subtask(),
                        .no_more_splits = from.no_more_splits(),
                        .hold_watermark = from.hold_watermark()};
  for (const TaskManagerProto::GiveSplits::Split& split : from.splits()) {
    message.splits.push_back({split.id(), split.position()});
  }
  return message;
}

void Write(const Trigger& message, TaskManagerProto& all) {
  TaskManagerProto::Trigger& to = *all.mutable_trigger();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_checkpoint(message.checkpoint.value());
  to.set_stand_still(message.stand_still);
  to.set_triggered_micros(message.triggered_micros);
}

void Write(const Complete& message, TaskManagerProto& all) {
  TaskManagerProto::Complete& to = *all.mutable_complete();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_checkpoint(message.checkpoint.value());
  to.set_final(message.final);
}

void Write(const Abort& message, TaskManagerProto& all) {
  TaskManagerProto::Abort& to = *all.mutable_abort();
  WriteRef(message.attempt, *to.mutable_attempt());
  to.set_checkpoint(message.checkpoint.value());
}

void Write(const Stop& message, TaskManagerProto& all) {
  WriteRef(message.attempt, *all.mutable_stop()->mutable_attempt());
}

void Write(const DrainSources& message, TaskManagerProto& all) {
  WriteRef(message.attempt, *all.mutable_drain_sources()->mutable_attempt());
}

absl::StatusOr<to_task_manager::Message> ReadAny(TaskManagerProto& from) {
  switch (from.kind_case()) {
    case TaskManagerProto::kRegistered:
      return Read(from.registered());
    case TaskManagerProto::kRefused:
      return Refused{ReadStatus(from.refused().status())};
    case TaskManagerProto::kAlive:
      return Alive{};
    case TaskManagerProto::kDeploy:
      return Read(*from.mutable_deploy());
    case TaskManagerProto::kGiveSplits:
      return Read(from.give_splits());
    case TaskManagerProto::kTrigger:
      return Trigger{ReadRef(from.trigger().attempt()),
                     CheckpointId(from.trigger().checkpoint()),
                     from.trigger().stand_still(),
                     from.trigger().triggered_micros()};
    case TaskManagerProto::kComplete:
      return Complete{ReadRef(from.complete().attempt()),
                      CheckpointId(from.complete().checkpoint()),
                      from.complete().final()};
    case TaskManagerProto::kAbort:
      return Abort{ReadRef(from.abort().attempt()),
                   CheckpointId(from.abort().checkpoint())};
    case TaskManagerProto::kStop:
      return Stop{ReadRef(from.stop().attempt())};
    case TaskManagerProto::kDrainSources:
      return DrainSources{ReadRef(from.drain_sources().attempt())};
    case TaskManagerProto::KIND_NOT_SET:
      break;
  }
  return UnreadableMessage("it comes from a newer version: its kind is not "
                           "known here");
}

}  // namespace

std::string Encode(const to_task_manager::Message& message) {
  TaskManagerProto to;
  std::visit([&to](const auto& kind) { Write(kind, to); }, message);
  std::string bytes;
  MILLRACE_CHECK(to.SerializeToString(&bytes));  // Beyond 2 GiB.
  return bytes;
}

absl::StatusOr<to_task_manager::Message> DecodeToTaskManager(
    absl::string_view bytes) {
  TaskManagerProto from;
  if (!from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return UnreadableMessage("its bytes are damaged");
  }
  return ReadAny(from);
}

}  // namespace millrace
