#include "jobmanager/cluster/leader_election.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "jobmanager/cluster/record_text.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr char kKind[] = "leader-1";
// A third of a lease: two renewals may fail before it ends.
constexpr int kRenewalsPerLease = 3;
// How often the record is looked at, and a call that failed made again.
constexpr int kLooksPerLease = 10;

}  // namespace

std::string EncodeLeaderRecord(const LeaderRecord& record) {
  return RecordLine({kKind, record.holder, absl::StrCat(record.life),
                     absl::StrCat(record.term), absl::StrCat(record.beat),
                     absl::StrCat(absl::ToInt64Milliseconds(record.lease)),
                     absl::StrCat(record.released ? 1 : 0)});
}

absl::StatusOr<LeaderRecord> DecodeLeaderRecord(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const auto lines, RecordLines(bytes));
  if (lines.size() != 1 || lines[0].size() != 7 || lines[0][0] != kKind) {
    return absl::DataLossError("the record of the leader is none");
  }
  LeaderRecord record = {.holder = lines[0][1]};
  ASSIGN_OR_RETURN(record.life, RecordNumber(lines[0][2]));
  ASSIGN_OR_RETURN(record.term, RecordNumber(lines[0][3]));
  ASSIGN_OR_RETURN(record.beat, RecordNumber(lines[0][4]));
  ASSIGN_OR_RETURN(const int64_t lease_ms, RecordNumber(lines[0][5]));
  record.lease = absl::Milliseconds(lease_ms);
  ASSIGN_OR_RETURN(const int64_t released, RecordNumber(lines[0][6]));
  record.released = released != 0;
  return record;
}

LeaderElection::LeaderElection(Options options)
    : options_(std::move(options)) {}

std::vector<LeaderElection::Action> LeaderElection::Step(Event event,
                                                         absl::Duration now) {
  now_ = now;
  Actions actions;
  // Whatever else has happened, a lease that has passed is over.
  if (leads_ && now >= leads_until_) {
    StopLeading(absl::DeadlineExceededError(
                    "the record of the leader could not be renewed in time"),
                actions);
  }
  std::visit([&](auto& part) { On(std::move(part), actions); }, event);
  return actions;
}

absl::Duration LeaderElection::WakeAt() const {
  const absl::Duration due =
      io_ == Io::kNone && !resigning_ ? due_ : absl::InfiniteDuration();
  return leads_ ? std::min(due, leads_until_) : due;
}

void LeaderElection::On(Start, Actions& actions) { StartReading(actions); }

void LeaderElection::On(Tick, Actions& actions) {
  if (io_ != Io::kNone || resigning_ || now_ < due_) return;
  if (leads_) {
    Renew(actions);
  } else {
    StartReading(actions);
  }
}

void LeaderElection::On(Overruled event, Actions& actions) {
  if (!leads_) return;
  StopLeading(std::move(event.why), actions);
  // The later leader may not be in the record yet, or be gone again: terms are
  // not used up in a loop.
  TryAgainAfter(options_.lease / kLooksPerLease);
}

void LeaderElection::On(Resign, Actions& actions) {
  if (resigning_) return;
  resigning_ = true;
  if (io_ == Io::kNone) Release(actions);
}

void LeaderElection::On(ReadDone event, Actions& actions) {
  if (io_ != Io::kReading) return;
  io_ = Io::kNone;
  trouble_ = event.record.status();
  if (resigning_) {
    Release(actions);
  } else if (event.record.ok()) {
    OnRecord(*event.record, event.holder_is_dead, actions);
  } else {
    TryAgainAfter(options_.lease / kLooksPerLease);
  }
}

void LeaderElection::OnRecord(const std::optional<HaStore::Record>& record,
                              bool holder_is_dead, Actions& actions) {
  const bool at_start = std::exchange(first_read_, false);
  if (!record.has_value()) {
    if (leads_) {
      StopLeading(absl::AbortedError("the record of the leader is gone"),
                  actions);
    }
    TakeLead({}, actions);
    return;
  }
  auto decoded = DecodeLeaderRecord(record->value);
  if (!decoded.ok()) {
    // Without the term there is no next one that fences.
    trouble_ = decoded.status();
    StopLeading(trouble_, actions);
    TryAgainAfter(options_.lease / kLooksPerLease);
    return;
  }
  const Seen seen = {.version = record->version,
                     .record = *std::move(decoded),
                     .since = now_};
  if (leads_) {
    if (IsMine(seen.record) && seen.record.term == mine_.term) {
      version_ = seen.version;
      Renew(actions);
      return;
    }
    StopLeading(absl::AbortedError(absl::StrCat(
                    "'", seen.record.holder, "' has taken the lead")),
                actions);
  }
  if (!seen_ || seen_->version != seen.version) seen_ = seen;
  const bool earlier_life =
      at_start && seen.record.holder == options_.holder;
  if (earlier_life || IsMine(seen.record) || seen.record.released ||
      holder_is_dead || now_ >= FreeAt(*seen_)) {
    TakeLead(seen, actions);
  } else {
    due_ = std::min(FreeAt(*seen_),
                    now_ + std::min(options_.lease / kLooksPerLease,
                                    options_.look_every));
    follows_ = seen.record.holder;
  }
}

void LeaderElection::On(WriteDone event, Actions& actions) {
  if (io_ != Io::kWriting) return;
  io_ = Io::kNone;
  if (mine_.released) return;
  if (event.version.ok() && now_ < sent_at_ + options_.lease) {
    // One that was sent before the lead was lost begins no new one: the term
    // is over.
    const bool of_this_term = leads_ || mine_.beat == 0;
    version_ = *event.version;
    if (of_this_term) {
      leads_until_ = sent_at_ + options_.lease;
      if (!std::exchange(leads_, true)) actions.emplace_back(Lead{mine_.term});
      due_ = sent_at_ + options_.lease / kRenewalsPerLease;
    } else {
      due_ = now_;
    }
  } else if (absl::IsUnavailable(event.version.status())) {
    TryAgainAfter(options_.lease / kLooksPerLease);
  } else {
    due_ = now_;
    // Not written, or nobody knows, or too late: the record says what holds.
    if (!resigning_) StartReading(actions);
  }
  if (resigning_) Release(actions);
}

void LeaderElection::StartReading(Actions& actions) {
  io_ = Io::kReading;
  actions.emplace_back(Read{});
}

void LeaderElection::StartWriting(int64_t expected, LeaderRecord record,
                                  Actions& actions) {
  io_ = Io::kWriting;
  sent_at_ = now_;
  mine_ = std::move(record);
  actions.emplace_back(Write{expected, mine_});
}

void LeaderElection::Renew(Actions& actions) {
  LeaderRecord next = mine_;
  ++next.beat;
  StartWriting(version_, std::move(next), actions);
}

void LeaderElection::TakeLead(const Seen& from, Actions& actions) {
  follows_.clear();
  StartWriting(from.version,
               {.holder = options_.holder,
                .life = options_.life,
                .term = from.record.term + 1,
                .lease = options_.lease},
               actions);
}

void LeaderElection::Release(Actions& actions) {
  const bool led = leads_;
  StopLeading(absl::CancelledError("the process ends"), actions);
  if (!led) return;
  LeaderRecord last = mine_;
  last.released = true;
  StartWriting(version_, std::move(last), actions);
}

void LeaderElection::StopLeading(absl::Status why, Actions& actions) {
  if (!std::exchange(leads_, false)) return;
  due_ = now_;
  actions.emplace_back(StepDown{std::move(why)});
}

bool LeaderElection::IsMine(const LeaderRecord& record) const {
  return record.holder == options_.holder && record.life == options_.life;
}

absl::Duration LeaderElection::FreeAt(const Seen& seen) const {
  return seen.since + seen.record.lease * 1.25;
}

}  // namespace millrace
