#pragma once

#include <cstdint>
#include <memory>

#include "state/merged_runs.h"
#include "state/operator_backend.h"

namespace millrace {

// How NewMemoryBackend works when something else is wanted than usual.
struct MemoryBackendOptions {
  // Ask operators for their changes instead of everything where that is less:
  // every collection must tell them apart or say DropPrefix("").
  bool asks_for_changes = true;
  // Bytes of one operator's runs that go into the acknowledgement and so into
  // the manifest; what is more becomes a file. A file costs a round trip or an
  // fsync, a manifest is read whole.
  int64_t inline_limit_bytes = 1 << 20;
  MergedRunOptions restore;
};

std::unique_ptr<OperatorBackend> NewMemoryBackend(
    const BackendPlace& place, ObjectStore* store,
    const MemoryBackendOptions& options);

}  // namespace millrace
