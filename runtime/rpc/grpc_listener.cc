#include "runtime/rpc/grpc_listener.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/status_macros.h"
#include "runtime/rpc/conversation.h"
#include "runtime/rpc/conversation_set.h"
#include "runtime/rpc/grpc_bytes.h"
#include "runtime/rpc/grpc_network.h"
#include "runtime/rpc/listen_address.h"

namespace millrace {
namespace {

// A stream that the other side began.
class AcceptedCall final : public StreamCall {
 public:
  // `tag` is done when there is one; failed: the server ends.
  void Request(grpc::AsyncGenericService& service,
               grpc::ServerCompletionQueue* queue, void* tag) {
    service.RequestCall(&context_, &stream_, queue, queue, tag);
  }
  const std::string& method() const { return context_.method(); }

  void Start(void*) override {}
  void Read(void* tag) override { stream_.Read(&incoming_, tag); }
  std::string TakeMessage() override { return TakeBytes(incoming_); }
  void Write(std::string message, void* tag) override {
    grpc::ByteBuffer buffer;
    ToByteBuffer(std::move(message), buffer);
    stream_.Write(buffer, tag);
  }
  void EndWrites(void* tag) override { Finish(tag); }
  bool EndsByFinish() const override { return true; }
  void Finish(void* tag) override { stream_.Finish(status_, tag); }
  absl::Status end() const override {
    return absl::UnavailableError("the other side ended the connection");
  }
  void Cancel() override { context_.TryCancel(); }

  // What the other side is told at the end.
  void set_status(grpc::Status status) { status_ = std::move(status); }

 private:
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  grpc::ByteBuffer incoming_;
  grpc::Status status_;
};

class GrpcListener final : public LinkListener {
 public:
  GrpcListener(const char* method, Network::Acceptor acceptor)
      : method_(method), acceptor_(std::move(acceptor)), thread_(1) {}
  ~GrpcListener() override;

  absl::Status Start(const ListenAddress& where);
  const std::string& address() const override { return address_; }

 private:
  void ServeQueue();
  void RequestNext();
  void OnRequested(bool succeeded);

  const char* const method_;
  const Network::Acceptor acceptor_;
  std::string address_;
  grpc::AsyncGenericService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  ConversationSet conversations_;
  // Used by the queue's thread alone.
  std::unique_ptr<AcceptedCall> next_;
  BackgroundPool thread_;
};

absl::Status GrpcListener::Start(const ListenAddress& where) {
  const int kPingMs = GrpcNetwork::kPing / absl::Milliseconds(1);
  const int kAnswerMs =
      (GrpcNetwork::kPeerLostAfter - GrpcNetwork::kPing) /
      absl::Milliseconds(1);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(where.ToString(), grpc::InsecureServerCredentials(),
                           &port);
  builder.SetMaxReceiveMessageSize(Network::kMaxMessageBytes);
  builder.SetMaxSendMessageSize(Network::kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kAnswerMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // The dialling side pings as often, which is no attack.
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kPingMs / 4);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen at ", where.ToString()));
  }
  address_ = ListenAddress{where.host, port}.ToString();
  RequestNext();
  thread_.Post([this] { ServeQueue(); });
  return absl::OkStatus();
}

GrpcListener::~GrpcListener() {
  if (server_ != nullptr) {
    // No new calls, and the requested one fails; those there are end too.
    server_->Shutdown(std::chrono::system_clock::now());
    conversations_.EndAll();
  }
  if (queue_ == nullptr) return;
  queue_->Shutdown();
  // The thread may be stopped before it begins.
  ServeQueue();
}

void GrpcListener::ServeQueue() {
  void* tag = nullptr;
  bool succeeded = false;
  while (queue_->Next(&tag, &succeeded)) {
    SeeQueueTakenFrom();
    if (tag == this) {
      OnRequested(succeeded);
    } else {
      Conversation::Complete(tag, succeeded);
    }
  }
}

void GrpcListener::RequestNext() {
  next_ = std::make_unique<AcceptedCall>();
  next_->Request(service_, queue_.get(), this);
}

void GrpcListener::OnRequested(bool succeeded) {
  if (!succeeded) return;  // The server ends.
  std::unique_ptr<AcceptedCall> call = std::move(next_);
  RequestNext();
  const bool is_known = call->method() == method_;
  if (!is_known) {
    call->set_status(grpc::Status(
        grpc::StatusCode::UNIMPLEMENTED,
        absl::StrCat("another port of the cluster: it takes ", method_,
                     ", not ", call->method())));
  }
  auto conversation = std::make_shared<Conversation>(
      std::move(call),
      [this](Conversation* done) { conversations_.Remove(done); });
  if (!conversations_.Add(conversation.get())) conversation->Cancel();
  auto link = std::make_shared<ConversationLink>(conversation);
  if (is_known) conversation->Open(acceptor_(std::move(link)));
  link.reset();
  conversation->Accept();
}

}  // namespace

const char* GrpcMethodOf(Network::Topic topic) {
  return topic == Network::Topic::kControl ? "/millrace.Cluster/Control"
                                           : "/millrace.Cluster/Data";
}

absl::StatusOr<std::unique_ptr<LinkListener>> ListenByGrpc(
    const std::string& address, Network::Topic topic,
    Network::Acceptor acceptor) {
  ASSIGN_OR_RETURN(const ListenAddress where, ParseListenAddress(address));
  RETURN_IF_ERROR(CheckCanListen(where, topic));
  auto listener = std::make_unique<GrpcListener>(GrpcMethodOf(topic),
                                                 std::move(acceptor));
  RETURN_IF_ERROR(listener->Start(where));
  return listener;
}

}  // namespace millrace
