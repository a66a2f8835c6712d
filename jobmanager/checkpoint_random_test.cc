#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "jobmanager/checkpoint_coordinator.h"
#include "jobmanager/coordinator_events_test.h"
#include "runtime/base/rng.h"

// A coordinator among subtasks that lose words and a store that does not say
// what became of a swap, from a seed. Held to it: what counts is never deleted,
// what is restored is whole, and in the end the store holds what counts, and
// nothing else.
namespace millrace::scenario {
namespace {

using Files = std::vector<std::string>;

class RandomJob {
 public:
  RandomJob(uint64_t seed, int retained)
      : rng_(seed), config_{.tolerable_failures = 2, .retained = retained} {}

  void Run(int steps) {
    BeginProcess();
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      DoSomething();
    }
    End();
  }

  int completed() const { return completed_; }
  int restores() const { return restores_; }
  int deleted() const { return deleted_; }

 private:
  bool Chance(int percent) {
    return rng_.Below(100) < static_cast<uint64_t>(percent);
  }
  template <typename T>
  T TakeAny(std::vector<T>& items) {
    std::swap(items[rng_.Below(items.size())], items.back());
    T item = std::move(items.back());
    items.pop_back();
    return item;
  }

  void DoSomething() {
    now_ += absl::Seconds(1 + rng_.Below(4));
    if (attempt_running_ && Chance(2)) {
      if (Chance(30)) return BeginProcess();
      Fail();
    } else if (attempt_running_ && Chance(3)) {
      Step(Chance(50) ? Asked(++request_) : AskedSavepoint(++request_));
    } else if (!acks_.empty() && Chance(60)) {
      const Event ack = TakeAny(acks_);
      if (Chance(90)) Step(ack);
      if (Chance(10)) Step(ack);
    } else if (!asked_.empty() && Chance(70)) {
      const std::string what = asked_.front();
      asked_.pop_front();
      AnswerOf(what);
    } else if (coordinator_->WakeAt() <= now_) {
      Step(Tick());
    }
  }

  // A new process: what the last one knew is gone.
  void BeginProcess() {
    coordinator_.emplace(CheckpointCoordinator::Options{
        .config = config_, .job_id = "job"});
    asked_.clear();
    LandDelayed();
    // What was written is found, whether or not somebody was told of it.
    for (const auto& [id, manifest] : manifests_) {
      if (manifest.is_savepoint &&
          objects_.contains(ManifestName("job", CheckpointId(id)))) {
        savepoints_.insert(id);
      }
    }
    BeginAttempt();
  }

  void Fail() {
    attempt_running_ = false;
    settled_ = false;
    Step(Over());
    if (settled_) BeginAttempt();
  }

  void BeginAttempt() {
    ++attempt_;
    delayed_.reset();  // A newer attempt shuts it out.
    std::shared_ptr<const Manifest> latest;
    std::vector<Manifest> older;
    for (const int64_t id : record_) older.push_back(manifests_.at(id));
    if (!older.empty()) {
      latest = std::make_shared<const Manifest>(older.back());
      older.pop_back();
      ++restores_;
      for (const FileRef& file : FilesOf(*latest)) {
        EXPECT_TRUE(objects_.contains(file.name)) << "lost " << file.name;
      }
    }
    for (int i = 0; i < 2; ++i) {
      base_[i].clear();
      if (latest != nullptr) base_[i] = FilesOfSubtask(*latest, i);
      sent_[i].clear();
    }
    attempt_running_ = true;
    Step(Began(attempt_, latest, older));
    if (Chance(50)) List();
  }

  void List() {
    std::vector<Manifest> savepoints;
    for (const int64_t id : savepoints_) {
      savepoints.push_back(manifests_.at(id));
    }
    Step(Listed({objects_.begin(), objects_.end()}, last_id_ + 1, savepoints));
  }

  static Files FilesOfSubtask(const Manifest& manifest, int index) {
    Files files;
    for (const OperatorSnapshot& snapshot : manifest.operators) {
      if (snapshot.uid != absl::StrCat(index)) continue;
      for (const FileRef& file : FilesOf(snapshot)) files.push_back(file.name);
    }
    return files;
  }

  void Step(const Event& event) {
    for (Action& action : coordinator_->Step(event, now_)) {
      std::visit([this](auto& part) { Do(part); }, action);
    }
  }

  void Do(checkpoint::ReserveId&) { asked_.push_back("id"); }
  void Do(checkpoint::WriteManifest& write) {
    writing_ = *write.manifest;
    asked_.push_back("write");
  }
  void Do(checkpoint::SwapPointer& swap) {
    swapping_ = swap.checkpoint.value();
    asked_.push_back("swap");
  }
  void Do(checkpoint::ForgetJob&) { FAIL() << "nobody asked for it"; }
  void Do(checkpoint::Answer& answer) {
    if (!answer.outcome.ok()) return;
    const int64_t id = answer.outcome->value();
    if (manifests_.at(id).is_savepoint) savepoints_.insert(id);
  }
  void Do(CheckpointReport&) {}
  void Do(checkpoint::Abort&) {}
  void Do(checkpoint::DrainSources&) {}

  // Each subtask builds on what it was last told is complete.
  void Do(checkpoint::Trigger& trigger) {
    const int64_t id = trigger.checkpoint.value();
    for (int i = 0; i < 2; ++i) {
      if (Chance(5)) {
        acks_.push_back(Declined(i, id, absl::InternalError("no"), attempt_));
        continue;
      }
      Files files;
      for (const std::string& file : base_[i]) {
        if (Chance(70)) files.push_back(file);
      }
      files.push_back(File(attempt_, id, absl::StrCat(i, "-0-0")));
      objects_.insert(files.back());
      sent_[i][id] = files;
      if (Chance(97)) acks_.push_back(Ack(i, id, files, attempt_));
    }
  }

  void Do(checkpoint::Complete& complete) {
    const int64_t id = complete.checkpoint.value();
    EXPECT_EQ(record_.back(), id) << "complete before it counts";
    ++completed_;
    for (int i = 0; i < 2; ++i) {
      if (Chance(80)) base_[i] = sent_[i][id];
    }
  }

  void Do(checkpoint::Delete& waste) {
    const std::set<std::string> counting = Counting();
    for (const std::string& name : waste.names) {
      EXPECT_FALSE(counting.contains(name)) << name << " still counts";
      deleted_ += objects_.erase(name);
    }
  }

  void Do(checkpoint::FailAttempt&) {
    if (attempt_running_) Fail();
  }
  void Do(checkpoint::Settled&) {
    settled_ = true;
    if (!attempt_running_ && !ending_) BeginAttempt();
  }

  std::set<std::string> Counting() const {
    std::set<std::string> names;
    for (const auto& [id, manifest] : manifests_) {
      const bool counts =
          savepoints_.contains(id) ||
          std::count(record_.begin(), record_.end(), id) > 0 ||
          delayed_ == id;
      if (!counts) continue;
      names.insert(ManifestName("job", CheckpointId(id)));
      for (const FileRef& file : FilesOf(manifest)) names.insert(file.name);
    }
    return names;
  }

  void AnswerOf(const std::string& what) {
    if (Chance(30)) LandDelayed();
    if (what == "id") {
      if (Chance(10)) return Step(NoId(absl::UnknownError("?")));
      Step(Id(++last_id_));
    } else if (what == "write") {
      if (Chance(10)) return Step(Written(absl::UnavailableError("away")));
      const int64_t id = writing_.checkpoint.value();
      manifests_[id] = writing_;
      objects_.insert(ManifestName("job", writing_.checkpoint));
      Step(Written());
    } else {
      Step(Swapped(Swap()));
    }
  }

  absl::Status Swap() {
    const bool is_done = !record_.empty() && record_.back() == swapping_;
    if (!is_done && Chance(15)) return absl::UnavailableError("away");
    if (!is_done && Chance(25)) {
      if (Chance(50)) delayed_ = swapping_;
      return absl::UnknownError("?");
    }
    Count(swapping_);
    return Chance(20) ? absl::UnknownError("?") : absl::OkStatus();
  }
  void LandDelayed() {
    if (delayed_) Count(*delayed_);
  }
  void Count(int64_t id) {
    delayed_.reset();
    if (!record_.empty() && record_.back() == id) return;
    EXPECT_TRUE(record_.empty() || record_.back() < id);
    record_.push_back(id);
    if (record_.size() > config_.retained) record_.pop_front();
  }

  void End() {
    ending_ = true;
    attempt_running_ = false;
    Step(Over());
    for (int i = 0; i < 1000 && !settled_; ++i) {
      now_ += absl::Seconds(1);
      if (!asked_.empty()) {
        const std::string what = asked_.front();
        asked_.pop_front();
        AnswerOf(what);
      } else {
        Step(Tick());
      }
    }
    EXPECT_TRUE(settled_);
    acks_.clear();
    ending_ = false;
    BeginProcess();
    List();
    const std::set<std::string> counting = Counting();
    EXPECT_EQ(objects_, counting);
  }

  Rng rng_;
  const CheckpointConfig config_;
  std::optional<CheckpointCoordinator> coordinator_;
  absl::Duration now_;
  int64_t attempt_ = 0;
  int64_t request_ = 0;
  bool attempt_running_ = false;
  bool settled_ = false;
  bool ending_ = false;
  int completed_ = 0;
  int restores_ = 0;
  int deleted_ = 0;

  // The store.
  std::set<std::string> objects_;
  std::map<int64_t, Manifest> manifests_;
  std::deque<int64_t> record_;
  std::set<int64_t> savepoints_;
  std::optional<int64_t> delayed_;  // A swap that may still come to pass.
  int64_t last_id_ = 0;
  std::deque<std::string> asked_;
  Manifest writing_;
  int64_t swapping_ = 0;

  // The subtasks, and their words on the way.
  std::map<int, Files> base_;
  std::map<int, std::map<int64_t, Files>> sent_;
  std::vector<Event> acks_;
};

TEST(CheckpointRandomTest, KeepsWhatCountsAndNothingElse) {
  int completed = 0;
  int restores = 0;
  int deleted = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomJob job(seed, 1 + seed % 3);
    job.Run(1000);
    completed += job.completed();
    restores += job.restores();
    deleted += job.deleted();
    ASSERT_FALSE(HasFailure());
  }
  // It comes to what it is about.
  EXPECT_GT(completed, 3000);
  EXPECT_GT(restores, 3000);
  EXPECT_GT(deleted, 3000);
}

}  // namespace
}  // namespace millrace::scenario
