#include "tests/sim/sim_network.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

constexpr int64_t kUsualDelay = 3 * kMs;
constexpr int64_t kSlowDelay = 400 * kMs;
// How long until a death is noticed.
constexpr int64_t kSoonest = 20 * kMs;
constexpr int64_t kLatest = 300 * kMs;

}  // namespace

int64_t SimNetwork::Delay() {
  const int64_t delay = ends_.scheduler->Jitter(kUsualDelay);
  return ends_.faults->Roll(Fault::kSlowMessage)
             ? delay + ends_.scheduler->Jitter(kSlowDelay)
             : delay;
}

void SimNetwork::Send(std::function<void(Deployer&)> call) {
  if (target_process_ == nullptr || !target_process_->alive) return;
  const int64_t now = ends_.scheduler->clock().nanos();
  last_sent_nanos_ = std::max(last_sent_nanos_ + 1, now + Delay());
  ends_.scheduler->Post(
      target_process_, last_sent_nanos_ - now,
      [target = target_, call = std::move(call)] { call(*target->deployer); });
}

void SimNetwork::Answer(const AttemptRef& attempt, SubtaskId sender,
                        std::function<void()> call) {
  const int64_t now = ends_.scheduler->clock().nanos();
  int64_t& last = attempt->last_arrival_nanos[sender];
  last = std::max({last + 1, attempt->deployed_at_nanos + 1, now + Delay()});
  ends_.scheduler->Post(ends_.master, last - now,
                        [attempt, call = std::move(call)] {
                          if (!attempt->lost) call();
                        });
}

void SimNetwork::Deploy(const JobPlan& plan, int64_t attempt,
                        std::shared_ptr<const Manifest> restore,
                        Listener listener) {
  ends_.on_deploy(restore.get());
  target_ = ends_.task_manager();
  target_process_ = target_->process;
  attempt_ = std::make_shared<Attempt>();
  attempt_->listener = std::move(listener);
  Send([plan, attempt, restore, wrapped = Wrap(attempt_)](Deployer& target) {
    target.Deploy(plan, attempt, restore, wrapped);
  });
}

Deployer::Listener SimNetwork::Wrap(const AttemptRef& attempt) {
  Listener wrapped;
  wrapped.deployed = [this, attempt](absl::StatusOr<Deployment> deployed) {
    const int64_t delay = Delay();
    attempt->deployed_at_nanos = ends_.scheduler->clock().nanos() + delay;
    ends_.scheduler->Post(
        ends_.master, delay, [attempt, deployed = std::move(deployed)] {
          if (attempt->lost) return;
          if (deployed.ok()) attempt->deployment = *deployed;
          attempt->listener.deployed(deployed);
        });
  };
  wrapped.drained = [this, attempt](SubtaskId subtask) {
    Answer(attempt, subtask,
           [attempt, subtask] { attempt->listener.drained(subtask); });
  };
  wrapped.ended = [this, attempt](SubtaskId subtask, absl::Status status) {
    Answer(attempt, subtask, [attempt, subtask, status] {
      attempt->ended[subtask] = true;
      attempt->listener.ended(subtask, status);
    });
  };
  wrapped.splits_requested = [this, attempt](VertexId source, int subtask) {
    Answer(attempt, {source, subtask}, [attempt, source, subtask] {
      attempt->listener.splits_requested(source, subtask);
    });
  };
  wrapped.stopped = [this, attempt] {
    Answer(attempt, {VertexId(-1), 0}, [attempt] {
      ++attempt->stopped;
      attempt->listener.stopped();
    });
  };
  WrapAcknowledged(attempt, wrapped);
  return wrapped;
}

void SimNetwork::WrapAcknowledged(const AttemptRef& attempt,
                                  Listener& wrapped) {
  wrapped.acknowledged = [this, attempt](Acknowledgement acknowledgement) {
    ends_.scheduler->Trace(absl::StrCat(
        "acknowledges ", acknowledgement.checkpoint.value(), " of ",
        acknowledgement.subtask.vertex.value(), "[",
        acknowledgement.subtask.index, "] ",
        acknowledgement.snapshots.status().ToString()));
    if (ends_.faults->Roll(Fault::kDropAck)) return;
    const auto shared =
        std::make_shared<Acknowledgement>(std::move(acknowledgement));
    if (ends_.faults->Roll(Fault::kRepeatAck)) {
      ends_.scheduler->Post(
          ends_.master, kUsualDelay + ends_.scheduler->Jitter(kSlowDelay),
          [attempt, shared] {
            if (!attempt->lost) attempt->listener.acknowledged(*shared);
          });
    }
    Answer(attempt, shared->subtask, [attempt, shared] {
      attempt->listener.acknowledged(*shared);
    });
  };
}

void SimNetwork::GiveSplits(JobExecution::GiveSplits splits) {
  Send([splits](Deployer& target) { target.GiveSplits(splits); });
}

void SimNetwork::TriggerCheckpoint(CheckpointId checkpoint) {
  ends_.scheduler->Trace(absl::StrCat("trigger ", checkpoint.value()));
  Send([checkpoint](Deployer& target) {
    target.TriggerCheckpoint(checkpoint);
  });
}

void SimNetwork::TriggerLastCheckpoint(CheckpointId checkpoint) {
  ends_.scheduler->Trace(absl::StrCat("trigger last ", checkpoint.value()));
  Send([checkpoint](Deployer& target) {
    target.TriggerLastCheckpoint(checkpoint);
  });
}

absl::Status SimNetwork::DrainSources() {
  ends_.scheduler->Trace("drain");
  Send([](Deployer& target) { target.DrainSources().IgnoreError(); });
  return absl::OkStatus();
}

void SimNetwork::CompleteCheckpoint(CheckpointId checkpoint, bool final) {
  ends_.on_complete(checkpoint, final);
  const auto call = [checkpoint, final](Deployer& target) {
    target.CompleteCheckpoint(checkpoint, final);
  };
  Send(call);
  if (!final && ends_.faults->Roll(Fault::kRepeatComplete)) Send(call);
}

void SimNetwork::AbortCheckpoint(CheckpointId checkpoint) {
  ends_.scheduler->Trace(absl::StrCat("abort ", checkpoint.value()));
  Send([checkpoint](Deployer& target) { target.AbortCheckpoint(checkpoint); });
}

void SimNetwork::Stop() {
  if (attempt_ == nullptr) return;
  attempt_->stop_asked = true;
  if (attempt_->lost) {
    for (int i = attempt_->stopped; i < attempt_->deployment->stoppers; ++i) {
      attempt_->listener.stopped();
    }
    return;
  }
  Send([](Deployer& target) { target.Stop(); });
}

void SimNetwork::OnTaskManagerDeath(const ProcessRef& process) {
  if (attempt_ == nullptr || target_process_ != process) return;
  ends_.scheduler->Post(
      ends_.master, kSoonest + ends_.scheduler->Jitter(kLatest - kSoonest),
      [this, attempt = attempt_] { DeclareLost(attempt); });
}

void SimNetwork::DeclareLost(const AttemptRef& attempt) {
  if (attempt->lost) return;
  attempt->lost = true;
  const absl::Status lost = absl::UnavailableError("the task manager is lost");
  if (!attempt->deployment) {
    attempt->listener.deployed(lost);
    return;
  }
  if (attempt->stop_asked) {
    for (int i = attempt->stopped; i < attempt->deployment->stoppers; ++i) {
      attempt->listener.stopped();
    }
    return;
  }
  for (const SubtaskId& subtask : attempt->deployment->subtasks) {
    if (!attempt->ended[subtask]) attempt->listener.ended(subtask, lost);
  }
}

}  // namespace millrace::sim
