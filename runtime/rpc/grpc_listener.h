#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/base/network.h"

namespace millrace {

// The method that conversations about `topic` are streams of.
const char* GrpcMethodOf(Network::Topic topic);

// GrpcNetwork::Listen.
absl::StatusOr<std::unique_ptr<LinkListener>> ListenByGrpc(
    const std::string& address, Network::Topic topic,
    Network::Acceptor acceptor);

}  // namespace millrace
