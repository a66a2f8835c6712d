#pragma once

#include "proto/checkpoint.pb.h"
#include "state/storage/manifest.h"

namespace millrace {

// An OperatorSnapshot as manifests and acknowledgements carry it.
void WriteOperatorSnapshot(const OperatorSnapshot& snapshot,
                           proto::OperatorSnapshot& to);

// Its bytes are moved out of `from`. False: it says something that a later
// version may mean, and `snapshot` is of no use.
bool ReadOperatorSnapshot(proto::OperatorSnapshot& from,
                          OperatorSnapshot& snapshot);

}  // namespace millrace
