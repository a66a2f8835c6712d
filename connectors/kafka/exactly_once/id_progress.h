#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "connectors/kafka/exactly_once/commit_marker.h"
#include "connectors/kafka/exactly_once/kafka_session.h"
#include "connectors/kafka/exactly_once/marker_ledger.h"
#include "connectors/kafka/exactly_once/sealed_epoch.h"
#include "connectors/kafka/exactly_once/tries.h"

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
  Tries tries;
  std::deque<int64_t> fenced_at;

  // From where on its partition is to be read for its markers: the newest one
  // that is known of; -1: from its beginning. `all`: what `epochs` has places
  // in.
  int64_t ReadFrom(const std::vector<SealedEpoch>& all) const;
  // How large a batch a session of it may put together, as far as is known.
  int64_t BatchBytes(const std::optional<session::TopicFacts>& output) const;
};

}  // namespace millrace::kafka
