#pragma once

#include <functional>

#include "connectors/kafka/exactly_once/kafka_session.h"

namespace millrace::kafka {

// Reads the committed records of a partition as `request` says, with a consumer
// made for it. Blocks while records come, however many there are; once none has
// come for kSilence it is kRetriable, for nothing was changed.
inline constexpr absl::Duration kSilence = absl::Seconds(10);
session::Answer ReadMarkers(const SessionOptions& options,
                            const session::ReadMarkers& request,
                            const std::function<bool()>& is_stopping);

}  // namespace millrace::kafka
