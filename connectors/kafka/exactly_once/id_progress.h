#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "connectors/kafka/exactly_once/commit_marker.h"
#include "connectors/kafka/exactly_once/kafka_session.h"
#include "connectors/kafka/exactly_once/marker_ledger.h"

namespace millrace::kafka {

// How far one transactional id is, in an EpochSender.
struct IdProgress {
  // Of a session. Nothing is under way in kNew, kInitialized (others have to
  // be, too) and kReady (markers were read).
  enum class Stage {
    kDescribing, kMaking, kNew, kInitializing, kInitialized, kCommittingNonce,
    kReadingMarkers, kReady, kSending, kMarking, kCommitting
  };

  std::string id;
  std::string topic;
  int32_t partition = 0;
  int64_t session = 0;  // 0: none.
  int64_t batch_bytes = 0;  // It was opened with.
  // Halved where a batch was refused, until the topic's settings change.
  int64_t most_batch_bytes = SessionOptions::kBatchBytes;
  Stage stage = Stage::kNew;
  session::Request asked;     // Last.
  std::deque<size_t> epochs;  // Places in epochs_, not settled yet.
  std::string nonce;
  MarkerLedger ledger;
  CommitMarker sent;  // Under way.
  int64_t sent_offset = -1;
  int tries = 0;       // That came to nothing, in a row.
  int fruitless = 0;    // Likewise, since anything was committed.
  std::string trouble;  // Of the last of them.
  bool waits = false;  // Before the next one.
  int refusals = 0;    // Since anything of it was settled.
  std::deque<int64_t> fenced_at;
};

}  // namespace millrace::kafka
