#include "jobmanager/cluster/conversations.h"

#include <algorithm>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/rpc/cluster_codec.h"

namespace millrace {

Conversations::Conversations(std::function<void(std::function<void()>)> post,
                             Listener listener)
    : post_(std::move(post)), listener_(std::move(listener)) {}

Conversations::~Conversations() {
  listening_.reset();
  links_.clear();
}

absl::Status Conversations::Listen(Network* network,
                                   const std::string& address) {
  ASSIGN_OR_RETURN(
      listening_,
      network->Listen(address, Network::Topic::kControl,
                      [this](std::shared_ptr<Link> link) {
                        return Accept(std::move(link));
                      }));
  return absl::OkStatus();
}

Link::Handler Conversations::Accept(std::shared_ptr<Link> link) {
  const ConversationId id(numbers_.Next() + 1);
  post_([this, id, link = std::move(link)] {
    links_[id] = {.link = link};
    listener_.opened(id);
  });
  return {.on_message =
              [this, id](std::string bytes) { OnMessage(id, bytes); },
          .on_closed =
              [this, id](absl::Status status) {
                post_([this, id, status = std::move(status)] {
                  const bool heard = IsHeard(id);
                  links_.erase(id);
                  if (heard) listener_.closed(id, status);
                });
              }};
}

void Conversations::OnMessage(ConversationId id, const std::string& bytes) {
  auto message = DecodeToJobManager(bytes);
  post_([this, id, message = std::move(message)]() mutable {
    if (!IsHeard(id)) return;
    if (message.ok()) {
      listener_.said(id, *std::move(message));
      return;
    }
    links_.erase(id);
    listener_.closed(id, message.status());
  });
}

bool Conversations::IsHeard(ConversationId id) const {
  const auto open = links_.find(id);
  return open != links_.end() &&
         open->second.until == absl::InfiniteDuration();
}

void Conversations::Send(ConversationId id,
                         const to_task_manager::Message& message) {
  const auto open = links_.find(id);
  if (open != links_.end()) open->second.link->Send(Encode(message));
}

void Conversations::Part(ConversationId id, absl::Duration now) {
  const auto open = links_.find(id);
  if (open != links_.end()) open->second.until = now + kPartingLimit;
}

void Conversations::Tick(absl::Duration now) {
  std::erase_if(links_,
                [&](const auto& open) { return open.second.until <= now; });
}

absl::Duration Conversations::WakeAt() const {
  absl::Duration due = absl::InfiniteDuration();
  for (const auto& [id, open] : links_) due = std::min(due, open.until);
  return due;
}

}  // namespace millrace
