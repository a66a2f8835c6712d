#pragma once

#include <cstdint>

namespace millrace {

// The format of what TaskManagers send one another: of the frames
// (runtime/exchange/frame.h) and of the batches in them
// (runtime/batch/batch_wire.h). Rises whenever either drawing changes, also
// within a version of Millrace: it is part of the version that a TaskManager
// registers with, so that a cluster of two formats is refused there, not frame
// by frame.
inline constexpr int32_t kDataFormat = 3;

}  // namespace millrace
