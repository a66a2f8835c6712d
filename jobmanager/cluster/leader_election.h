#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "state/storage/ha_store.h"

namespace millrace {

// Who leads, as one record of the HaStore says.
struct LeaderRecord {
  std::string holder;  // jobmanager.resource-id.
  int64_t life = 0;    // Of that process; another one has another.
  int64_t term = 0;    // 1, 2, 3, ...: each taking of the lead has its own.
  int64_t beat = 0;    // Of the term's renewals, so that no two are equal.
  absl::Duration lease;   // How long one renewal lets the holder lead.
  bool released = false;  // The holder has gone.

  friend bool operator==(const LeaderRecord&, const LeaderRecord&) = default;
};
std::string EncodeLeaderRecord(const LeaderRecord& record);
// kDataLoss: the bytes are none.
absl::StatusOr<LeaderRecord> DecodeLeaderRecord(absl::string_view bytes);

// Whether this process leads.
//
// Two never lead at a time, by clocks that only measure durations: a holder
// leads until its lease has passed since it *sent* the renewal that succeeded
// last; whoever waits counts the same lease, and a quarter more for clocks that
// do not run alike, from when it *received* the first read that showed that
// renewal. The sending comes before the record, the record before the read.
//
// The wait is cut short where the holder cannot lead any more:
//   - it has released the record;
//   - whoever read the record knows that its holder's process is dead
//     (ReadDone::holder_is_dead);
//   - the record that this process finds at its start is of its own resource
//     id: an earlier life of it, since two processes never have one id at a
//     time. Found later it is somebody's mistake, and the lease is waited for.
// Beyond this nothing depends on there being one leader: terms and attempts
// fence whoever still believes to be it.
//
// A write of unknown outcome is resolved by a read and the next compare-and-
// swap; leading begins, and goes on, only with a write that was answered.
//
// A state machine: no I/O, no clock. `now` is the steady clock's. One read or
// write is under way at a time.
class LeaderElection {
 public:
  struct Options {
    std::string holder;
    int64_t life = 0;
    // Long enough to outlast a slow disk, short enough for a takeover.
    absl::Duration lease = absl::Seconds(15);
    // The record is looked at at least so often, and a tenth of the lease.
    absl::Duration look_every = absl::Seconds(1);
  };

  // Events.
  struct Start {};
  struct ReadDone {
    absl::StatusOr<std::optional<HaStore::Record>> record;
    bool holder_is_dead = false;  // For certain.
  };
  struct WriteDone {
    absl::StatusOr<int64_t> version;
  };
  // What only the leader writes was refused: a later term has written it. It
  // leads no more, and looks who does.
  struct Overruled {
    absl::Status why;
  };
  // The process ends: releases the record. Nothing follows.
  struct Resign {};
  struct Tick {};
  using Event =
      std::variant<Start, ReadDone, WriteDone, Overruled, Resign, Tick>;

  // Actions.
  struct Read {};  // Answered by ReadDone.
  struct Write {   // By compare-and-swap; answered by WriteDone.
    int64_t expected = 0;
    LeaderRecord record;
  };
  struct Lead {
    int64_t term = 0;
  };
  struct StepDown {
    absl::Status why;
  };
  using Action = std::variant<Read, Write, Lead, StepDown>;

  explicit LeaderElection(Options options);

  std::vector<Action> Step(Event event, absl::Duration now);
  // When to Step with a Tick, InfiniteDuration: never.
  absl::Duration WakeAt() const;

  bool leads() const { return leads_; }
  // Whose lease is waited for; empty: nobody's.
  const std::string& follows() const { return follows_; }
  // Why the record could not be read the last time; OK: it could.
  const absl::Status& trouble() const { return trouble_; }
  // After Resign: the record says so, or cannot be made to.
  bool has_resigned() const { return resigning_ && io_ == Io::kNone; }

 private:
  enum class Io { kNone, kReading, kWriting };
  // What was read last, and since when it is known to be the record.
  struct Seen {
    int64_t version = 0;
    LeaderRecord record;
    absl::Duration since;
  };
  using Actions = std::vector<Action>;

  void On(Start, Actions& actions);
  void On(ReadDone event, Actions& actions);
  void On(WriteDone event, Actions& actions);
  void On(Overruled event, Actions& actions);
  void On(Resign, Actions& actions);
  void On(Tick, Actions& actions);

  void OnRecord(const std::optional<HaStore::Record>& record,
                bool holder_is_dead, Actions& actions);
  void StartReading(Actions& actions);
  void StartWriting(int64_t expected, LeaderRecord record, Actions& actions);
  void Renew(Actions& actions);
  void TakeLead(const Seen& from, Actions& actions);
  void Release(Actions& actions);
  void StopLeading(absl::Status why, Actions& actions);
  bool IsMine(const LeaderRecord& record) const;
  // When the record's holder has surely stopped to lead.
  absl::Duration FreeAt(const Seen& seen) const;
  void TryAgainAfter(absl::Duration wait) { due_ = now_ + wait; }

  const Options options_;
  absl::Duration now_;  // Of the step under way.
  bool leads_ = false;
  bool resigning_ = false;
  bool first_read_ = true;
  absl::Status trouble_;
  std::string follows_;
  Io io_ = Io::kNone;
  LeaderRecord mine_;  // As written last.
  int64_t version_ = 0;  // Of mine_, while this process leads.
  absl::Duration sent_at_;
  absl::Duration leads_until_;
  absl::Duration due_ = absl::InfiniteDuration();
  std::optional<Seen> seen_;
};

}  // namespace millrace
