#include "jobmanager/cluster/slot_scheduler.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace {

std::vector<SlotScheduler::Action> SlotScheduler::Step(Event event) {
  std::visit([this](auto& part) { On(std::move(part)); }, event);
  Actions actions;
  Assign(actions);
  return actions;
}

int SlotScheduler::slots_total() const {
  int total = 0;
  for (const auto& [name, task_manager] : task_managers_) {
    total += task_manager.slots;
  }
  return total;
}

int SlotScheduler::slots_free() const {
  int free = 0;
  for (const auto& [name, task_manager] : task_managers_) {
    free += task_manager.free();
  }
  return free;
}

int SlotScheduler::slots_free(const std::string& task_manager) const {
  const auto found = task_managers_.find(task_manager);
  return found == task_managers_.end() ? 0 : found->second.free();
}

void SlotScheduler::On(Joined event) {
  task_managers_[event.task_manager] = {.slots = event.slots};
}

void SlotScheduler::On(Left event) {
  if (task_managers_.erase(event.task_manager) == 0) return;
  for (auto& [name, job] : jobs_) {
    for (int slot = 0; slot < job.slots; ++slot) {
      // Where it ran is remembered: it may come back with its state.
      if (job.placed[slot] == event.task_manager) job.holds[slot] = false;
    }
  }
}

void SlotScheduler::On(Drains event) {
  const auto found = task_managers_.find(event.task_manager);
  if (found != task_managers_.end()) found->second.draining = true;
}

void SlotScheduler::On(Wanted event) {
  Job& job = jobs_[event.job];
  GiveBack(job);
  job.order = event.order;
  job.slots = event.slots;
  job.waiting = true;
  job.placed.resize(event.slots);
  job.holds.assign(event.slots, false);
}

void SlotScheduler::On(Released event) {
  const auto found = jobs_.find(event.job);
  if (found == jobs_.end()) return;
  GiveBack(found->second);
  jobs_.erase(found);
}

void SlotScheduler::GiveBack(Job& job) {
  for (size_t slot = 0; slot < job.holds.size(); ++slot) {
    if (job.holds[slot]) --task_managers_[job.placed[slot]].used;
    job.holds[slot] = false;
  }
}

void SlotScheduler::Assign(Actions& actions) {
  std::vector<std::pair<const std::string, Job>*> waiting;
  for (auto& entry : jobs_) {
    if (entry.second.waiting) waiting.push_back(&entry);
  }
  std::sort(waiting.begin(), waiting.end(), [](const auto* a, const auto* b) {
    return std::tie(a->second.order, a->first) <
           std::tie(b->second.order, b->first);
  });
  // With where each ran before, which holding back must not forget.
  std::vector<std::pair<Job*, std::vector<std::string>>> held_back;
  for (auto* entry : waiting) {
    auto& [name, job] = *entry;
    const int free = slots_free();
    if (free < job.slots) {
      if (std::string wish = Wish(job, free); wish != job.said) {
        job.said = wish;
        actions.emplace_back(Waits{name, std::move(wish)});
      }
      if (!job.ran) continue;
      held_back.emplace_back(&job, job.placed);
      Place(job);
      continue;
    }
    Place(job);
    job.waiting = false;
    job.ran = true;
    job.said.clear();
    actions.emplace_back(Grant{name, job.placed});
  }
  for (auto& [job, placed] : held_back) {
    GiveBack(*job);
    job->placed = std::move(placed);
  }
}

void SlotScheduler::Place(Job& job) {
  for (int slot = 0; slot < job.slots; ++slot) {
    const auto before = task_managers_.find(job.placed[slot]);
    if (before == task_managers_.end() || before->second.free() == 0) continue;
    ++before->second.used;
    job.holds[slot] = true;
  }
  for (int slot = 0; slot < job.slots; ++slot) {
    if (job.holds[slot]) continue;
    const std::string best = BestFor(job);
    if (best.empty()) break;
    ++task_managers_[best].used;
    job.placed[slot] = best;
    job.holds[slot] = true;
  }
}

std::string SlotScheduler::BestFor(const Job& job) const {
  std::string best;
  std::tuple<int, int> best_rank;
  for (const auto& [name, task_manager] : task_managers_) {
    if (task_manager.free() == 0) continue;
    int of_job = 0;
    for (int slot = 0; slot < job.slots; ++slot) {
      of_job += job.holds[slot] && job.placed[slot] == name;
    }
    const std::tuple<int, int> rank = {of_job, -task_manager.free()};
    if (best.empty() || rank < best_rank) {
      best = name;
      best_rank = rank;
    }
  }
  return best;
}

std::string SlotScheduler::Wish(const Job& job, int free) const {
  const int more = job.slots - free;
  return absl::StrCat(
      "needs ", job.slots, job.slots == 1 ? " slot, " : " slots, ", free,
      free == 1 ? " is free: start TaskManagers with " :
                  " are free: start TaskManagers with ",
      more, more == 1 ? " more slot" : " more slots",
      free > 0 ? absl::StrCat(", or run the job with parallelism ", free, ".")
               : ".");
}

}  // namespace millrace
