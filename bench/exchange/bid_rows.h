#pragma once

#include <cstdint>
#include <vector>

#include "runtime/batch/batch.h"
#include "runtime/exchange/partitioner.h"

namespace millrace {

// Rows as query q0 passes them on: auction, bidder, price, an id; channel, url,
// extra; date_time. About 190 bytes each, strings in one chunk a batch.
std::vector<Batch> MakeBids(int batches);

// By the auction's hash, as an edge of a plan does it.
Partitioner ByAuction(int receivers);

// What a receiver reads of each row, so that what has arrived is touched: the
// prices and the lengths of the strings.
int64_t ReadBids(const Batch& batch);

}  // namespace millrace
