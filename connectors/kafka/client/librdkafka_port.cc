#include "connectors/kafka/client/librdkafka_port.h"

#include <optional>
#include <thread>
#include <utility>

#include "connectors/kafka/client/marker_reader.h"
#include "connectors/kafka/client/topic_desk.h"
#include "connectors/kafka/client/transactional_producer.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/visible_mutex_lock.h"

namespace millrace::kafka {

using session::Answer;

// Carries out the requests of one session, one after the other.
class SessionThread {
 public:
  SessionThread(std::unique_ptr<TransactionalProducer> producer,
                SessionOptions options)
      : options_(std::move(options)),
        producer_(std::move(producer)),
        thread_([this] { Run(); }) {}

  void Ask(session::Request request, absl::Duration wait,
           KafkaSession::Done done) {
    VisibleMutexLock lock(&mutex_);
    asked_ = Asked{std::move(request), wait, std::move(done)};
  }

  // No answer is given from now on.
  void Stop() {
    VisibleMutexLock lock(&mutex_);
    stopping_ = true;
  }

  bool has_ended() const {
    VisibleMutexLock lock(&mutex_);
    return ended_;
  }
  void Join() { thread_.join(); }

 private:
  struct Asked {
    session::Request request;
    absl::Duration wait;
    KafkaSession::Done done;
  };

  bool is_stopping() const {
    VisibleMutexLock lock(&mutex_);
    return stopping_;
  }

  void Run() {
    producer_->StopWhen([this] { return is_stopping(); });
    while (std::optional<Asked> asked = Next()) {
      Answer answer = CarryOut(asked->request);
      VisibleMutexLock lock(&mutex_);
      // Under the lock: who stopped it may be gone when Stop returns.
      if (!stopping_) asked->done(std::move(answer));
    }
    producer_.reset();
    VisibleMutexLock lock(&mutex_);
    ended_ = true;
  }

  // nullopt: stopped.
  std::optional<Asked> Next() {
    VisibleMutexLock lock(&mutex_);
    const auto has_work = [this] {
      mutex_.AssertHeld();
      return stopping_ || asked_.has_value();
    };
    const auto is_stopping = [this] {
      mutex_.AssertHeld();
      return stopping_;
    };
    mutex_.Await(absl::Condition(&has_work));
    if (stopping_) return std::nullopt;
    Asked asked = *std::exchange(asked_, std::nullopt);
    if (asked.wait > absl::ZeroDuration()) {
      mutex_.AwaitWithTimeout(absl::Condition(&is_stopping), asked.wait);
    }
    if (stopping_) return std::nullopt;
    return asked;
  }

  Answer CarryOut(const session::Request& request) {
    if (const auto* describe = std::get_if<session::Describe>(&request)) {
      return TopicDesk(producer_->client()).Describe(*describe);
    }
    if (const auto* make = std::get_if<session::MakeTopic>(&request)) {
      return TopicDesk(producer_->client()).Make(*make);
    }
    if (std::holds_alternative<session::Init>(request)) {
      return producer_->Init();
    }
    if (const auto* nonce = std::get_if<session::CommitNonce>(&request)) {
      return producer_->CommitNonce(*nonce);
    }
    if (const auto* read = std::get_if<session::ReadMarkers>(&request)) {
      return ReadMarkers(options_, *read, [this] { return is_stopping(); });
    }
    if (const auto* send = std::get_if<session::SendChunk>(&request)) {
      return producer_->Send(send->chunk);
    }
    if (const auto* marker = std::get_if<session::SendMarker>(&request)) {
      return producer_->Send(*marker);
    }
    return producer_->Commit();
  }

  const SessionOptions options_;
  std::unique_ptr<TransactionalProducer> producer_;
  mutable absl::Mutex mutex_;
  std::optional<Asked> asked_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // Last: it uses all of them.
};

namespace {

class LibrdkafkaSession final : public KafkaSession {
 public:
  explicit LibrdkafkaSession(std::shared_ptr<SessionThread> thread)
      : thread_(std::move(thread)) {}
  ~LibrdkafkaSession() override { thread_->Stop(); }

  void Ask(session::Request request, absl::Duration wait, Done done) override {
    thread_->Ask(std::move(request), wait, std::move(done));
  }

 private:
  const std::shared_ptr<SessionThread> thread_;
};

}  // namespace

LibrdkafkaPort::LibrdkafkaPort() = default;

LibrdkafkaPort::~LibrdkafkaPort() {
  VisibleMutexLock lock(&mutex_);
  for (const auto& thread : threads_) {
    thread->Stop();
    thread->Join();
  }
}

absl::StatusOr<std::unique_ptr<KafkaSession>> LibrdkafkaPort::Open(
    const SessionOptions& options) {
  Reap();
  ASSIGN_OR_RETURN(auto producer, TransactionalProducer::Open(options));
  auto thread = std::make_shared<SessionThread>(std::move(producer), options);
  VisibleMutexLock lock(&mutex_);
  threads_.push_back(thread);
  return std::make_unique<LibrdkafkaSession>(std::move(thread));
}

void LibrdkafkaPort::Reap() {
  VisibleMutexLock lock(&mutex_);
  std::erase_if(threads_, [](const std::shared_ptr<SessionThread>& thread) {
    if (!thread->has_ended()) return false;
    thread->Join();
    return true;
  });
}

}  // namespace millrace::kafka
