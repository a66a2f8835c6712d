#include "jobmanager/cluster/leader_election.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/sim/storage/sim_ha_store.h"

namespace millrace {
namespace {

using E = LeaderElection;

std::string Words(const E::Action& action) {
  if (const auto* write = std::get_if<E::Write>(&action)) {
    return absl::StrCat("write@", write->expected, " term ",
                        write->record.term, " beat ", write->record.beat,
                        write->record.released ? " released" : "");
  }
  if (const auto* lead = std::get_if<E::Lead>(&action)) {
    return absl::StrCat("lead ", lead->term);
  }
  if (std::get_if<E::StepDown>(&action) != nullptr) return "step down";
  return "read";
}

LeaderRecord Held(std::string holder, int64_t life, int64_t term) {
  return {.holder = std::move(holder),
          .life = life,
          .term = term,
          .lease = absl::Seconds(10)};
}

// One election, told what its calls came to, with a lease of 10 s.
class LeaderElectionTest : public ::testing::Test {
 protected:
  void Open() {
    election_ = std::make_unique<E>(E::Options{
        .holder = "jm", .life = 7, .lease = absl::Seconds(10)});
  }
  std::string At(double second, E::Event event) {
    std::vector<std::string> words;
    for (const E::Action& action :
         election_->Step(std::move(event), absl::Seconds(second))) {
      words.push_back(Words(action));
    }
    return absl::StrJoin(words, ", ");
  }
  static E::Event Nothing() { return E::ReadDone{std::nullopt}; }
  static E::Event Found(int64_t version, const LeaderRecord& record) {
    return E::ReadDone{HaStore::Record{EncodeLeaderRecord(record), version}};
  }
  static E::Event Written(int64_t version) { return E::WriteDone{version}; }
  static E::Event NotWritten(absl::StatusCode code) {
    return E::WriteDone{absl::Status(code, "")};
  }
  void LeadFromStart() {
    Open();
    EXPECT_EQ(At(0, E::Start{}), "read");
    EXPECT_EQ(At(0, Nothing()), "write@0 term 1 beat 0");
    EXPECT_EQ(At(0, Written(1)), "lead 1");
  }

  std::unique_ptr<E> election_;
};

TEST_F(LeaderElectionTest, LeadsAtOnceWhereNobodyEverLed) { LeadFromStart(); }

TEST_F(LeaderElectionTest, WhatALaterTermHasWrittenEndsTheLead) {
  LeadFromStart();
  const E::Event overruled = E::Overruled{absl::AbortedError("term 2")};
  EXPECT_EQ(At(1, overruled), "step down");
  EXPECT_EQ(At(1, overruled), "");
  // It is not renewed, and whoever leads is looked for.
  EXPECT_EQ(election_->WakeAt(), absl::Seconds(2));
  EXPECT_EQ(At(2, E::Tick{}), "read");
  EXPECT_EQ(At(2, Found(2, Held("other", 1, 2))), "");
  // Where the record names nobody else, only in a new term.
  LeadFromStart();
  EXPECT_EQ(At(1, overruled), "step down");
  EXPECT_EQ(At(2, E::Tick{}), "read");
  EXPECT_EQ(At(2, Found(1, Held("jm", 7, 1))), "write@1 term 2 beat 0");
  EXPECT_EQ(At(2, Written(2)), "lead 2");
}

TEST_F(LeaderElectionTest, ARecordComesBackAsItWas) {
  LeaderRecord record = Held("a\tb\n", -5, 9);
  record.beat = 3;
  record.released = true;
  EXPECT_EQ(*DecodeLeaderRecord(EncodeLeaderRecord(record)), record);
  EXPECT_FALSE(DecodeLeaderRecord("leader-1\tx").ok());
}

TEST_F(LeaderElectionTest, RenewsInTime) {
  LeadFromStart();
  EXPECT_EQ(At(3, E::Tick{}), "");
  EXPECT_EQ(At(3.5, E::Tick{}), "write@1 term 1 beat 1");
  EXPECT_EQ(At(3.6, Written(2)), "");
  // The lease counts from when the renewal was sent.
  EXPECT_EQ(At(13.4, E::Tick{}), "write@2 term 1 beat 2");
  EXPECT_EQ(At(13.5, E::Tick{}), "step down");
}

TEST_F(LeaderElectionTest, ALeaseThatPassedIsOverWhateverHasHappened) {
  LeadFromStart();
  EXPECT_EQ(election_->WakeAt(), absl::Seconds(10) / 3);
  At(4, E::Tick{});
  EXPECT_EQ(election_->WakeAt(), absl::Seconds(10));
  EXPECT_EQ(At(11, Written(2)), "step down");
  // The record is its own still, and the next term its own, too.
  EXPECT_EQ(At(11, E::Tick{}), "read");
  LeaderRecord renewed = Held("jm", 7, 1);
  renewed.beat = 1;
  EXPECT_EQ(At(11, Found(2, renewed)), "write@2 term 2 beat 0");
  EXPECT_EQ(At(11, Written(3)), "lead 2");
}

TEST_F(LeaderElectionTest, WaitsForAQuarterMoreThanTheLeaseOfAnother) {
  Open();
  At(0, E::Start{});
  EXPECT_EQ(At(100, Found(5, Held("other", 1, 4))), "");
  EXPECT_EQ(At(101, E::Tick{}), "read");
  EXPECT_EQ(At(112.4, Found(5, Held("other", 1, 4))), "");
  EXPECT_EQ(election_->WakeAt(), absl::Seconds(112.5));
  EXPECT_EQ(At(112.5, E::Tick{}), "read");
  EXPECT_EQ(At(112.5, Found(5, Held("other", 1, 4))), "write@5 term 5 beat 0");
  EXPECT_EQ(At(112.6, Written(6)), "lead 5");
}

TEST_F(LeaderElectionTest, ARenewalByAnotherBeginsTheWaitAnew) {
  Open();
  At(0, E::Start{});
  At(0, Found(5, Held("other", 1, 4)));
  At(12, E::Tick{});
  EXPECT_EQ(At(13, Found(6, Held("other", 1, 4))), "");
  At(20, E::Tick{});
  EXPECT_EQ(At(25, Found(6, Held("other", 1, 4))), "");
}

TEST_F(LeaderElectionTest, TakesAtOnceWhatIsReleased) {
  Open();
  At(0, E::Start{});
  LeaderRecord gone = Held("other", 1, 4);
  gone.released = true;
  EXPECT_EQ(At(0, Found(5, gone)), "write@5 term 5 beat 0");
}

TEST_F(LeaderElectionTest, TakesAtOnceWhatItsOwnEarlierLifeHeld) {
  Open();
  At(0, E::Start{});
  EXPECT_EQ(At(0, Found(5, Held("jm", 1, 4))), "write@5 term 5 beat 0");
}

TEST_F(LeaderElectionTest, TwoOfOneIdDoNotTakeFromOneAnotherForEver) {
  LeadFromStart();
  At(4, E::Tick{});
  EXPECT_EQ(At(4, NotWritten(absl::StatusCode::kAborted)), "read");
  EXPECT_EQ(At(4, Found(2, Held("jm", 8, 2))), "step down");
  At(5, E::Tick{});
  EXPECT_EQ(At(16, Found(2, Held("jm", 8, 2))), "");
  At(17, E::Tick{});
  EXPECT_EQ(At(17, Found(2, Held("jm", 8, 2))), "write@2 term 3 beat 0");
}

TEST_F(LeaderElectionTest, TakesAtOnceWhatADeadProcessHeld) {
  Open();
  At(0, E::Start{});
  EXPECT_EQ(At(0, Found(5, Held("other", 1, 4))), "");
  EXPECT_EQ(election_->follows(), "other");
  At(1, E::Tick{});
  auto found = std::get<E::ReadDone>(Found(5, Held("other", 1, 4)));
  found.holder_is_dead = true;
  EXPECT_EQ(At(1, found), "write@5 term 5 beat 0");
  EXPECT_EQ(election_->follows(), "");
}

TEST_F(LeaderElectionTest, LosesTheRaceAndFollows) {
  Open();
  At(0, E::Start{});
  At(0, Nothing());
  EXPECT_EQ(At(0, NotWritten(absl::StatusCode::kAborted)), "read");
  EXPECT_EQ(At(0, Found(1, Held("other", 1, 1))), "");
  EXPECT_FALSE(election_->leads());
}

// A write that may have happened, and what is found afterwards.
TEST_F(LeaderElectionTest, ResolvesAnUnknownRenewalByAReadAndAnotherWrite) {
  LeadFromStart();
  At(4, E::Tick{});
  EXPECT_EQ(At(4, NotWritten(absl::StatusCode::kUnknown)), "read");
  // Not yet written: the next write settles it.
  EXPECT_EQ(At(4, Found(1, Held("jm", 7, 1))), "write@1 term 1 beat 2");
  // The first one landed in between.
  EXPECT_EQ(At(4, NotWritten(absl::StatusCode::kAborted)), "read");
  EXPECT_EQ(At(5, Found(2, Held("jm", 7, 1))), "write@2 term 1 beat 3");
  EXPECT_EQ(At(5, Written(3)), "");
  EXPECT_TRUE(election_->leads());
  At(9, E::Tick{});
  At(9, NotWritten(absl::StatusCode::kUnknown));
  EXPECT_EQ(At(9, Found(9, Held("other", 1, 2))), "step down");
}

TEST_F(LeaderElectionTest, AnUnknownTakingOfTheLeadIsNone) {
  Open();
  At(0, E::Start{});
  At(0, Nothing());
  EXPECT_EQ(At(0, NotWritten(absl::StatusCode::kUnknown)), "read");
  EXPECT_EQ(At(0, Found(1, Held("jm", 7, 1))), "write@1 term 2 beat 0");
  EXPECT_EQ(At(0, Written(2)), "lead 2");
}

TEST_F(LeaderElectionTest, TriesAgainWhatCouldNotBeDone) {
  LeadFromStart();
  At(4, E::Tick{});
  EXPECT_EQ(At(4, NotWritten(absl::StatusCode::kUnavailable)), "");
  EXPECT_EQ(At(5, E::Tick{}), "write@1 term 1 beat 2");
  EXPECT_EQ(At(5, Written(2)), "");
}

TEST_F(LeaderElectionTest, ATakingOfTheLeadThatCameTooLateIsNone) {
  Open();
  At(0, E::Start{});
  At(0, Nothing());
  EXPECT_EQ(At(10, Written(1)), "read");
  EXPECT_FALSE(election_->leads());
}

TEST_F(LeaderElectionTest, ReleasesAtItsEnd) {
  LeadFromStart();
  EXPECT_EQ(At(1, E::Resign{}), "step down, write@1 term 1 beat 0 released");
  EXPECT_FALSE(election_->has_resigned());
  EXPECT_EQ(At(1, Written(2)), "");
  EXPECT_TRUE(election_->has_resigned());
  EXPECT_EQ(election_->WakeAt(), absl::InfiniteDuration());
}

TEST_F(LeaderElectionTest, EndsWithoutAWordWhereItFollowed) {
  Open();
  At(0, E::Start{});
  At(0, Found(1, Held("other", 1, 1)));
  EXPECT_EQ(At(1, E::Resign{}), "");
  EXPECT_TRUE(election_->has_resigned());
}

TEST_F(LeaderElectionTest, NobodyLeadsByARecordThatIsDamaged) {
  Open();
  At(0, E::Start{});
  EXPECT_EQ(At(0, E::ReadDone{HaStore::Record{"?", 3}}), "");
  EXPECT_TRUE(absl::IsDataLoss(election_->trouble()));
  EXPECT_EQ(At(1, E::Tick{}), "read");
}

// Three candidates over a store that takes every liberty, with clocks of their
// own that run up to a tenth faster or slower; calls take up to two seconds.
class Candidate {
 public:
  Candidate(int number, double pace, SimHaStore* store, Rng* rng)
      : pace_(pace), store_(store), rng_(rng), election_({
            .holder = absl::StrCat(number),
            .life = number,
            .lease = absl::Seconds(10)}) {
    Do(election_.Step(E::Start{}, Local(0)), 0);
  }
  void RunAt(double second) {
    if (answer_ && second >= answer_at_) {
      const auto call = std::exchange(call_, nullptr);
      answer_ = false;
      Do(election_.Step(call(), Local(second)), second);
    }
    if (Local(second) >= election_.WakeAt()) {
      Do(election_.Step(E::Tick{}, Local(second)), second);
    }
  }
  // By its own clock, as of now: it may be paused and not know yet.
  bool Leads(double second) {
    if (Local(second) >= election_.WakeAt()) RunAt(second);
    return election_.leads();
  }
  int64_t term() const { return term_; }

 private:
  absl::Duration Local(double second) const {
    return absl::Seconds(second * pace_);
  }
  // What the store does happens at once or when the answer comes.
  void Do(std::vector<E::Action> actions, double second) {
    for (E::Action& action : actions) {
      if (auto* lead = std::get_if<E::Lead>(&action)) term_ = lead->term;
      if (std::holds_alternative<E::Read>(action)) {
        Call([this] { return E::ReadDone{store_->Read("leader")}; }, second);
      } else if (auto* write = std::get_if<E::Write>(&action)) {
        Call([this, write = *write] {
          return E::WriteDone{store_->CompareAndSwap(
              "leader", write.expected, EncodeLeaderRecord(write.record))};
        }, second);
      }
    }
  }
  void Call(std::function<E::Event()> call, double second) {
    answer_ = true;
    answer_at_ = second + 2 * rng_->Unit();
    call_ = std::move(call);
    if (rng_->Below(2) == 0) {
      call_ = [event = call_()] { return event; };
    }
  }

  const double pace_;
  SimHaStore* const store_;
  Rng* const rng_;
  LeaderElection election_;
  bool answer_ = false;
  double answer_at_ = 0;
  std::function<E::Event()> call_;
  int64_t term_ = 0;
};

TEST(LeaderElectionRandomTest, TwoNeverLeadAndTermsRise) {
  int64_t leads = 0;
  int64_t most_terms = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    SimHaStore store(seed);
    store.set_faults({.unavailable = 0.2, .unknown = 0.3});
    std::vector<std::unique_ptr<Candidate>> candidates;
    for (int i = 0; i < 3; ++i) {
      candidates.push_back(std::make_unique<Candidate>(
          i, 0.9 + 0.2 * rng.Unit(), &store, &rng));
    }
    std::vector<double> paused_until(3, 0);
    std::map<int64_t, int> holder_of_term;
    for (double second = 0; second < 400; second += 0.25) {
      int leading = 0;
      for (int i = 0; i < 3; ++i) {
        if (rng.Below(200) == 0) paused_until[i] = second + 20 * rng.Unit();
        if (second < paused_until[i]) continue;
        candidates[i]->RunAt(second);
        if (!candidates[i]->Leads(second)) continue;
        ++leading;
        ++leads;
        const auto [at, is_new] =
            holder_of_term.emplace(candidates[i]->term(), i);
        EXPECT_TRUE(is_new || at->second == i) << "seed " << seed;
      }
      EXPECT_LE(leading, 1) << "seed " << seed << " at " << second;
    }
    most_terms = std::max<int64_t>(most_terms, holder_of_term.size());
  }
  EXPECT_GT(leads, 1000);
  EXPECT_GT(most_terms, 3);
}

}  // namespace
}  // namespace millrace
