#include "runtime/rpc/grpc_network.h"

#include <cstdlib>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/visible_mutex_lock.h"
#include "runtime/rpc/conversation.h"
#include "runtime/rpc/conversation_set.h"
#include "runtime/rpc/grpc_bytes.h"
#include "runtime/rpc/grpc_listener.h"

#if defined(__SANITIZE_THREAD__)
// The packaged libraries are built without ThreadSanitizer: what it sees of
// them has no order. (Its own name for the hook.)
extern "C" const char* __tsan_default_suppressions() {
  return "race:libgrpc\n"
         "race:libupb\n"
         "race:libabsl_\n"
         "called_from_lib:libgrpc.so\n"
         "called_from_lib:libgrpc++.so\n"
         "called_from_lib:libgpr.so\n"
         "called_from_lib:libupb.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n";
}
#endif

namespace millrace {
namespace {

// A host that drops what it is sent is given up after so long.
constexpr int kConnectMs = 3000;
// A peer that comes back is not waited for longer than this by a connection
// that others still use.
constexpr int kMostBackOffMs = 500;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address) {
  const int kPingMs = GrpcNetwork::kPing / absl::Milliseconds(1);
  const int kAnswerMs =
      (GrpcNetwork::kPeerLostAfter - GrpcNetwork::kPing) /
      absl::Milliseconds(1);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(Network::kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(Network::kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kAnswerMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMostBackOffMs / 5);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostBackOffMs);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Connections are counted by this network, and go straight to their peer.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return grpc::CreateCustomChannel(
      address, grpc::InsecureChannelCredentials(), arguments);
}

// A stream that this side begins.
class DialledCall final : public StreamCall {
 public:
  DialledCall(std::shared_ptr<grpc::Channel> channel, std::string address,
              const char* method, grpc::CompletionQueue* queue)
      : channel_(std::move(channel)), address_(std::move(address)) {
    stream_ = grpc::GenericStub(channel_).PrepareCall(&context_, method, queue);
  }

  void Start(void* tag) override { stream_->StartCall(tag); }
  void Read(void* tag) override { stream_->Read(&incoming_, tag); }
  std::string TakeMessage() override { return TakeBytes(incoming_); }
  void Write(std::string message, void* tag) override {
    grpc::ByteBuffer buffer;
    ToByteBuffer(std::move(message), buffer);
    stream_->Write(buffer, tag);
  }
  void EndWrites(void* tag) override { stream_->WritesDone(tag); }
  bool EndsByFinish() const override { return false; }
  void Finish(void* tag) override { stream_->Finish(&status_, tag); }
  absl::Status end() const override;
  void Cancel() override { context_.TryCancel(); }

 private:
  // Kept until the call's end; the connection ends with its last call.
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string address_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer incoming_;
  grpc::Status status_;
};

absl::Status DialledCall::end() const {
  if (status_.ok()) {
    return absl::UnavailableError(
        absl::StrCat(address_, " ended the connection"));
  }
  const std::string message =
      absl::StrCat(address_, ": ", status_.error_message());
  if (status_.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::UnavailableError(message);
}

}  // namespace

// What is dialled: its queue, and the thread that serves it.
class GrpcNetwork::Dialer {
 public:
  Dialer() : thread_(1) {
    thread_.Post([this] { ServeQueue(); });
  }
  ~Dialer() {
    conversations_.EndAll();
    queue_.Shutdown();
    // The thread may have been stopped before it began.
    ServeQueue();
  }

  std::unique_ptr<Link> Dial(const std::string& address, Topic topic,
                             Link::Handler handler);

 private:
  void ServeQueue() {
    void* tag = nullptr;
    bool succeeded = false;
    while (queue_.Next(&tag, &succeeded)) {
      Conversation::Complete(tag, succeeded);
    }
  }
  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address);

  absl::Mutex mutex_;
  // Those in use, by address; others have ended.
  absl::flat_hash_map<std::string, std::weak_ptr<grpc::Channel>> channels_
      ABSL_GUARDED_BY(mutex_);
  grpc::CompletionQueue queue_;
  ConversationSet conversations_;
  BackgroundPool thread_;
};

std::shared_ptr<grpc::Channel> GrpcNetwork::Dialer::ChannelTo(
    const std::string& address) {
  VisibleMutexLock lock(&mutex_);
  if (auto channel = channels_[address].lock()) return channel;
  absl::erase_if(channels_,
                 [](const auto& entry) { return entry.second.expired(); });
  auto channel = MakeChannel(address);
  channels_[address] = channel;
  return channel;
}

std::unique_ptr<Link> GrpcNetwork::Dialer::Dial(const std::string& address,
                                                Topic topic,
                                                Link::Handler handler) {
  auto conversation = std::make_shared<Conversation>(
      std::make_unique<DialledCall>(ChannelTo(address), address,
                                    GrpcMethodOf(topic), &queue_),
      [this](Conversation* done) { conversations_.Remove(done); });
  conversation->Open(std::move(handler));
  auto link = std::make_unique<ConversationLink>(conversation);
  if (conversations_.Add(conversation.get())) conversation->Dial();
  return link;
}

// By itself the library has one epoll for all threads: whoever waits in it
// reads what came for another, and wakes that one. Of two processes that
// exchange rows the carrying threads took a quarter less CPU with a poll for
// each.
//
// Abseil as Debian has it was built for debugging, and looks for deadlocks
// whenever somebody locks, gRPC too.
void GrpcNetwork::PrepareProcess() {
  setenv("GRPC_POLL_STRATEGY", "poll", /*overwrite=*/0);
#if defined(NDEBUG)
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

GrpcNetwork::GrpcNetwork() : dialer_(std::make_unique<Dialer>()) {}

GrpcNetwork::~GrpcNetwork() = default;

absl::StatusOr<std::unique_ptr<LinkListener>> GrpcNetwork::Listen(
    const std::string& address, Topic topic, Acceptor acceptor) {
  return ListenByGrpc(address, topic, std::move(acceptor));
}

std::unique_ptr<Link> GrpcNetwork::Dial(const std::string& address,
                                        Topic topic, Link::Handler handler) {
  return dialer_->Dial(address, topic, std::move(handler));
}

}  // namespace millrace
