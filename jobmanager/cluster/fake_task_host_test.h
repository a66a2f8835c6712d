#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "jobmanager/fake_deployer_test.h"
#include "runtime/base/mailbox.h"
#include "runtime/base/network.h"
#include "runtime/rpc/cluster_codec.h"

namespace millrace {

// How a FakeTaskHost differs from one that does as it is told.
struct TaskHostManners {
  bool ends = true;   // Its subtasks end with the final checkpoint.
  bool stops = true;  // It answers Stop.
  std::vector<ItemList> remembers;  // Of each operator, in its snapshots.
};

// A TaskManager that runs nothing and answers everything at once: deployed,
// acknowledged, stopped. Its subtasks are source and sink of each of its slots.
class FakeTaskHost {
 public:
  using Manners = TaskHostManners;

  FakeTaskHost(Network* network, std::string address, std::string name,
                  std::function<void()> on_heard, int slots = 1,
                  Manners manners = {})
      : network_(network),
        address_(std::move(address)),
        name_(std::move(name)),
        slots_(slots),
        manners_(std::move(manners)),
        heard_(std::move(on_heard)) {}

  void Come(std::string cluster = "c") {
    link_ = network_->Dial(
        address_, Network::Topic::kControl,
        {.on_message =
             [this](std::string bytes) {
               auto message = DecodeToTaskManager(bytes);
               Answer(*message);
               heard_.Post(*std::move(message));
             },
         .on_closed = [](absl::Status) {}});
    said_by_ = link_.get();
    Say(to_job_manager::Register{.task_manager = name_,
                                 .life = ++life_,
                                 .cluster = std::move(cluster),
                                 .version = "1",
                                 .slots = slots_,
                                 .data_address = name_ + ":1"});
  }
  void Go() { link_.reset(); }

  // What was heard since this was asked last.
  std::vector<to_task_manager::Message> TakeHeard() { return heard_.TakeAll(); }

  void Say(to_job_manager::Message message) {
    said_by_->Send(Encode(message));
  }
  // All subtasks of the attempt that are here.
  static std::vector<SubtaskId> SubtasksOf(const to_task_manager::Deploy& it) {
    std::vector<SubtaskId> subtasks;
    for (size_t slot = 0; slot < it.process_of_slot.size(); ++slot) {
      if (it.process_of_slot[slot] != it.self) continue;
      for (const int vertex : {0, 1}) {
        subtasks.push_back({VertexId(vertex), static_cast<int>(slot)});
      }
    }
    return subtasks;
  }
  void SayDrained(const to_task_manager::Deploy& deploy) {
    for (const SubtaskId& subtask : SubtasksOf(deploy)) {
      Say(to_job_manager::Drained{deploy.attempt, subtask});
    }
  }

 private:
  // On a thread of the network.
  void Answer(const to_task_manager::Message& message) {
    if (const auto* deploy = std::get_if<to_task_manager::Deploy>(&message)) {
      deployed_ = *deploy;
      to_job_manager::Deployed answer = {.attempt = deploy->attempt,
                                         .subtasks = SubtasksOf(*deploy)};
      for (const SubtaskId& subtask : answer.subtasks) {
        if (subtask.vertex.value() == 0) answer.roots.push_back(subtask);
      }
      Say(answer);
    } else if (const auto* stop =
                   std::get_if<to_task_manager::Stop>(&message)) {
      if (manners_.stops) Say(to_job_manager::Stopped{stop->attempt});
    } else if (std::holds_alternative<to_task_manager::DrainSources>(message)) {
      SayDrained(deployed_);
    } else if (const auto* trigger =
                   std::get_if<to_task_manager::Trigger>(&message)) {
      for (const SubtaskId& subtask : SubtasksOf(deployed_)) {
        std::vector<OperatorSnapshot> snapshots(1);
        snapshots[0].uid = absl::StrCat(subtask.vertex.value());
        snapshots[0].subtask = subtask.index;
        snapshots[0].lists = manners_.remembers;
        Say(to_job_manager::Acknowledged{
            trigger->attempt, {trigger->checkpoint, subtask, snapshots}});
      }
    } else if (const auto* complete =
                   std::get_if<to_task_manager::Complete>(&message);
               complete != nullptr && complete->final && manners_.ends) {
      for (const SubtaskId& subtask : SubtasksOf(deployed_)) {
        Say(to_job_manager::Ended{complete->attempt, subtask, {}});
      }
    }
  }

  Network* const network_;
  const std::string address_;
  const std::string name_;
  const int slots_;
  const Manners manners_;
  int64_t life_ = 0;
  to_task_manager::Deploy deployed_;  // Of the network's thread.
  Mailbox<to_task_manager::Message> heard_;
  std::unique_ptr<Link> link_;
  // The same; its handler may be answering while it goes.
  Link* said_by_ = nullptr;
};

}  // namespace millrace
