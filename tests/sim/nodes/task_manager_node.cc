#include "tests/sim/nodes/task_manager_node.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "tests/sim/sim_kv_store.h"

namespace millrace::sim {

absl::StatusOr<std::unique_ptr<TaskManagerNode>> TaskManagerNode::Open(
    const Site* site, std::string host, int64_t life) {
  std::unique_ptr<TaskManagerNode> node(
      new TaskManagerNode(site, std::move(host), life));
  RETURN_IF_ERROR(node->Start());
  return node;
}

absl::Status TaskManagerNode::Start() {
  RETURN_IF_ERROR(OpenStores());
  background_ = threads_.MakeExecutor(2);
  ASSIGN_OR_RETURN(data_plane_,
                   DataPlane::Open({.task_manager = host_,
                                    .life = life_,
                                    .network = network_.get(),
                                    .listen_address = absl::StrCat(host_, ":0"),
                                    .clock = &clock_,
                                    .metrics = &metrics_,
                                    .ring_bytes = kRingBytes,
                                    .window_bytes = kWindowBytes,
                                    .threads = DataPlane::Threads::kNone}));
  TaskManager::Options options = {
      .self = {.task_manager = host_,
               .life = life_,
               .cluster = kClusterId,
               .version = kVersion,
               .slots = site_.scenario->slots,
               .data_address = data_plane_->address()},
      .job_manager = Wire::kService,
      .network = network_.get(),
      .say =
          [this](const std::string& line) {
            site_.scheduler->Trace(absl::StrCat(host_, ": ", line));
          },
      .background = background_.get()};
  AttemptHere::Environment& attempts = options.attempts;
  attempts.subtasks.connectors = site_.connectors;
  attempts.subtasks.functions = site_.functions;
  attempts.subtasks.clock = &clock_;
  attempts.subtasks.disk = stores_.disk.get();
  attempts.subtasks.memory = &memory_;
  attempts.subtasks.metrics = &metrics_;
  attempts.data_plane = data_plane_.get();
  attempts.local_folder = absl::StrCat("/local/", host_);
  attempts.dead_letter_folder = absl::StrCat("/dead-letters/", host_);
  attempts.one_thread = &threads_;
  attempts.open_store = &OpenSimKvStore;
  task_manager_ = std::make_unique<TaskManager>(std::move(options));
  threads_.AddLoop(data_plane_->waker(),
                   [plane = data_plane_.get()] { return plane->RunOnce(); });
  threads_.AddLoop(task_manager_->waker(), [manager = task_manager_.get()] {
    return manager->RunOnce();
  });
  return absl::OkStatus();
}

TaskManagerNode::~TaskManagerNode() {
  site_.scheduler->RunAs(process_, [this] {
    // What it has not begun is not done.
    background_.reset();
    if (task_manager_ != nullptr) {
      threads_.RemoveLoop(task_manager_->waker());
      threads_.RemoveLoop(data_plane_->waker());
    }
    task_manager_.reset();
    data_plane_.reset();
  });
}

}  // namespace millrace::sim
