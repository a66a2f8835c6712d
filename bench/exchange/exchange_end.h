#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/exchange/bid_rows.h"
#include "runtime/worker/exchange_output.h"
#include "taskmanager/data_plane.h"

namespace millrace {

// One of the two processes: a data plane, and one thread that stands for the
// workers: it sends rows, receives rows, or both, in turn.
class ExchangeEnd {
 public:
  struct Options {
    bool sends = false;
    bool receives = false;
    int channels = 4;
    double seconds = 10;  // How long rows are sent.
    // Now and then it does nothing for a while, and takes nothing of one
    // channel.
    bool stalls = false;
    // Takes nothing of channel 0 until nothing has moved for a second; a
    // sender notes where it stands then.
    bool skewed = false;
  };
  struct Report {
    int64_t rows_out = 0;
    int64_t rows_in = 0;
    int64_t checksum = 0;
    int64_t cpu_nanos = 0;  // From the first row to the last.
    int64_t wall_nanos = 0;
    int64_t resident_bytes_before = 0;
    int64_t most_resident_bytes = 0;
    int64_t longest_pause_nanos = 0;  // Without a row, while not stalling.
    // skewed: rows sent or taken, and memory, when nothing moved any more.
    int64_t standstill_rows = 0;
    int64_t standstill_resident_bytes = 0;
  };

  ExchangeEnd(Network* network, std::string name, const Options& options);

  const std::string& address() const { return plane_->address(); }
  // The other end's `address` may be empty where that one dials.
  void Open(const std::string& other, const std::string& address);
  // Until everything is sent and everything of the other end has come. The
  // other end may still need this one until it says the same.
  Report Run();
  // Of what the other end does from now on nothing is heard.
  void Close() { channels_->Close(); }

 private:
  struct In {
    Ring* ring;
    int64_t stalled_until_nanos = 0;
    bool ended = false;
  };

  bool Send(int64_t now_nanos);
  bool Receive(In& in, int64_t now_nanos);
  void MaybeStall(int64_t now_nanos);
  void NoteStandstill(int64_t now_nanos);
  bool Done() const;

  const Options options_;
  SystemClock clock_;
  MetricRegistry metrics_;
  Waker waker_;
  std::mt19937_64 random_{7};
  std::vector<Batch> bids_;
  std::unique_ptr<DataPlane> plane_;
  std::unique_ptr<DataPlane::Channels> channels_;
  std::unique_ptr<ExchangeOutput> output_;
  std::vector<In> in_;
  size_t next_bid_ = 0;
  bool sent_end_ = false;
  bool drained_ = false;
  int64_t send_until_nanos_ = 0;
  int64_t stalled_until_nanos_ = 0;
  int64_t last_row_nanos_ = 0;
  bool released_ = false;  // skewed: there was the standstill.
  Report report_;
};

}  // namespace millrace
