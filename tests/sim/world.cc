#include "tests/sim/world.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::sim {

absl::Status World::Stage(const std::string& name,
                          std::vector<Change> changes) {
  if (CallerIsDead()) return absl::UnavailableError("dead");
  if (faults_->Roll(Fault::kTableUnavailable)) {
    return absl::UnavailableError("the table's staging area is away");
  }
  staged_[name] = std::move(changes);
  return absl::OkStatus();
}

absl::Status World::Commit(const std::string& name) {
  if (CallerIsDead()) return absl::UnavailableError("dead");
  if (faults_->Roll(Fault::kTableUnavailable)) {
    return absl::UnavailableError("the table is away");
  }
  if (committed_.count(name) > 0) {
    ++repeated_commits_;
    return absl::OkStatus();
  }
  const auto found = staged_.find(name);
  if (found == staged_.end()) {
    return absl::DataLossError(absl::StrCat("no staged output ", name));
  }
  if (on_commit_) on_commit_(name);
  std::vector<Change>& table = output_[name.substr(0, name.find('-'))];
  table.insert(table.end(), found->second.begin(), found->second.end());
  staged_.erase(found);
  scheduler_->Trace(absl::StrCat(name, " is committed"));
  committed_[name] = true;
  ++commits_;
  if (faults_->Roll(Fault::kTableAmbiguous)) {
    return absl::UnavailableError("the table went away");
  }
  return absl::OkStatus();
}

absl::Status World::Abort(const std::string& name) {
  if (CallerIsDead()) return absl::UnavailableError("dead");
  staged_.erase(name);
  return absl::OkStatus();
}

int64_t World::rows() const {
  int64_t rows = 0;
  for (const auto& [table, changes] : output_) {
    rows += static_cast<int64_t>(changes.size());
  }
  return rows;
}

}  // namespace millrace::sim
