#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "jobmanager/cluster/job_gateway.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace {

// A cluster that is what a test says, and writes down what it was asked. Every
// question is answered at once by what SetAnswers said, or never, from
// HoldAnswers on. Thread-safe.
class FakeJobGateway final : public JobGateway {
 public:
  struct Answers {
    absl::StatusOr<std::string> submit =
        std::string("11111111111111111111111111111111");
    absl::StatusOr<JobState> cancel = JobState::kRunning;
    absl::StatusOr<std::string> savepoint = std::string("/sp/savepoint-1");
    absl::StatusOr<int64_t> checkpoint = 7;
  };

  FakeJobGateway() : view_(std::make_shared<ClusterView>()) {}

  void SetView(ClusterView view) {
    VisibleMutexLock lock(&mutex_);
    view_ = std::make_shared<const ClusterView>(std::move(view));
  }
  void SetAnswers(Answers answers) {
    VisibleMutexLock lock(&mutex_);
    answers_ = std::move(answers);
  }
  void HoldAnswers() {
    VisibleMutexLock lock(&mutex_);
    holds_ = true;
  }

  // "Cancel <id>", "Savepoint <id> to <target> then 1", ...
  std::vector<std::string> Asked() const {
    VisibleMutexLock lock(&mutex_);
    return asked_;
  }
  // The latest.
  std::optional<Submission> submission() const {
    VisibleMutexLock lock(&mutex_);
    return submission_;
  }
  // Blocks until so much was asked.
  void AwaitAsked(size_t count) const {
    VisibleMutexLock lock(&mutex_);
    const auto enough = [&] {
      SeeLocked(&mutex_);
      const bool is_enough = asked_.size() >= count;
      SeeUnlocking(&mutex_);
      return is_enough;
    };
    SeeUnlocking(&mutex_);
    mutex_.Await(absl::Condition(&enough));
    SeeLocked(&mutex_);
  }

  void Submit(Submission submission, Answer<std::string> answer) override {
    const std::string text = "Submit " + submission.plan.name;
    {
      VisibleMutexLock lock(&mutex_);
      submission_ = std::move(submission);
    }
    Reply(text, &Answers::submit, answer);
  }
  void Cancel(const std::string& job_id, Answer<JobState> answer) override {
    Reply("Cancel " + job_id, &Answers::cancel, answer);
  }
  void Savepoint(SavepointRequest request,
                 Answer<std::string> answer) override {
    Reply("Savepoint " + request.job_id + " to " + request.target + " then " +
              std::to_string(static_cast<int>(request.then)),
          &Answers::savepoint, answer);
  }
  void Checkpoint(const std::string& job_id,
                  Answer<int64_t> answer) override {
    Reply("Checkpoint " + job_id, &Answers::checkpoint, answer);
  }
  std::shared_ptr<const ClusterView> View() const override {
    VisibleMutexLock lock(&mutex_);
    return view_;
  }

 private:
  template <typename T>
  void Reply(const std::string& text, absl::StatusOr<T> Answers::*which,
             const Answer<T>& answer) {
    std::optional<absl::StatusOr<T>> reply;
    {
      VisibleMutexLock lock(&mutex_);
      asked_.push_back(text);
      if (!holds_) reply = answers_.*which;
    }
    if (reply.has_value()) answer(*reply);
  }

  mutable absl::Mutex mutex_;
  std::shared_ptr<const ClusterView> view_;
  Answers answers_;
  bool holds_ = false;
  std::vector<std::string> asked_;
  std::optional<Submission> submission_;
};

}  // namespace millrace
