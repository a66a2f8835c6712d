#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/network.h"
#include "runtime/rpc/cluster_messages.h"

namespace millrace {

// `message` in bytes; one of more than `limit`, with which the conversation
// would end and everything that runs here be lost with it, says so instead:
//   an acknowledgement   declines its checkpoint (JOB-0140)
//   a status             its text is cut
std::string EncodeToFit(to_job_manager::Message message,
                        int64_t limit = Network::kMaxMessageBytes);

}  // namespace millrace
