#pragma once

#include <cmath>
#include <cstdint>

namespace millrace::nexmark {

enum class EventKind : uint8_t { kPerson = 0, kAuction = 1, kBid = 2 };

// The knobs of the benchmark, with its defaults.
struct ModelOptions {
  uint64_t seed = 1;
  int64_t base_time_ms = 1436918400000;  // 2015-07-15 00:00:00 UTC
  double events_per_second = 10000;      // Event time between two events.
  int person_proportion = 1;
  int auction_proportion = 3;
  int bid_proportion = 46;
  int person_size_bytes = 200;
  int auction_size_bytes = 500;
  int bid_size_bytes = 100;
  int hot_auction_ratio = 2;
  int hot_bidder_ratio = 4;
  int hot_seller_ratio = 4;
  int active_people = 1000;
  int in_flight_auctions = 100;
};

// One event of the stream: its number and where that falls in the cycle of
// proportions (1 person, 3 auctions, 46 bids by default).
struct EventId {
  int64_t number;
  int64_t cycle;
  int32_t offset;
};

// What event `id` holds, as pure functions: every draw is a hash of (seed,
// event number, draw number), so any field can be made without the others.
//
// Ids and hot keys follow the public generator: people and auctions are
// numbered from 1000 in order of appearance; bids go to the last hundred
// auctions, half of them to the hot one; bidders are offset by 1000 twice.
class EventModel {
 public:
  explicit EventModel(const ModelOptions& options) : options_(options) {}

  EventId Locate(int64_t number) const {
    return {number, number / cycle_length(),
            static_cast<int32_t>(number % cycle_length())};
  }
  int cycle_length() const {
    return options_.person_proportion + options_.auction_proportion +
           options_.bid_proportion;
  }
  EventKind Kind(const EventId& id) const {
    if (id.offset < options_.person_proportion) return EventKind::kPerson;
    return id.offset < options_.person_proportion + options_.auction_proportion
               ? EventKind::kAuction
               : EventKind::kBid;
  }

  int64_t TimeMs(const EventId& id) const {
    return options_.base_time_ms +
           static_cast<int64_t>(id.number * 1000.0 /
                                options_.events_per_second);
  }

  int64_t PersonId(const EventId& id) const {
    return LastPerson(id) + kFirstPerson;
  }

  int64_t AuctionId(const EventId& id) const {
    return LastAuction(id) + kFirstAuction;
  }
  int64_t InitialBid(const EventId& id) const { return Price(id, 0); }
  int64_t Reserve(const EventId& id) const {
    return Price(id, 0) + Price(id, 1);
  }
  int64_t Seller(const EventId& id) const {
    const int64_t person =
        Below(id, 2, options_.hot_seller_ratio) > 0
            ? LastPerson(id) / kHotBatch * kHotBatch
            : NextPerson(id, 3);
    return person + kFirstPerson;
  }
  int64_t Category(const EventId& id) const {
    return kFirstCategory + Below(id, 4, kCategories);
  }
  // Until about a hundred further auctions have opened.
  int64_t ExpiresMs(const EventId& id) const {
    const int64_t events_ahead = static_cast<int64_t>(
        options_.in_flight_auctions) * cycle_length() /
        options_.auction_proportion;
    const int64_t horizon_ms = static_cast<int64_t>(
        events_ahead * 1000.0 / options_.events_per_second);
    return TimeMs(id) + 1 + Below(id, 5, 2 * horizon_ms + 1);
  }

  int64_t BidAuction(const EventId& id) const {
    const int64_t last = LastAuction(id);
    if (Below(id, 6, options_.hot_auction_ratio) > 0) {
      return last / kHotBatch * kHotBatch + kFirstAuction;
    }
    const int64_t oldest =
        last > options_.in_flight_auctions ? last - options_.in_flight_auctions
                                           : 0;
    return oldest + Below(id, 7, last - oldest + 1 + kIdLead) + kFirstAuction;
  }
  int64_t Bidder(const EventId& id) const {
    const int64_t person =
        Below(id, 8, options_.hot_bidder_ratio) > 0
            ? LastPerson(id) / kHotBatch * kHotBatch + 1
            : NextPerson(id, 9);
    return person + 2 * kFirstPerson;
  }
  int64_t BidPrice(const EventId& id) const { return Price(id, 10); }
  // 0 to 3: one of the four large channels; 4 and more: channel `result - 4`.
  int64_t Channel(const EventId& id) const {
    if (Below(id, 11, 2) > 0) return Below(id, 12, kHotChannels);
    return kHotChannels + Below(id, 13, kChannels);
  }

  // Uniform in [0, limit), for draw number `draw` of this event.
  int64_t Below(const EventId& id, int draw, int64_t limit) const {
    return static_cast<int64_t>(
        (static_cast<unsigned __int128>(Draw(id, draw)) * limit) >> 64);
  }
  uint64_t Draw(const EventId& id, int draw) const {
    return Mix(options_.seed * 0xd1342543de82ef95ull +
               static_cast<uint64_t>(id.number) * 64 + draw);
  }
  const ModelOptions& options() const { return options_; }

  static constexpr int kHotChannels = 4;
  static constexpr int kChannels = 10000;
  // SplitMix64's finalizer over a golden-ratio step (Steele et al. 2014).
  static uint64_t Mix(uint64_t x) {
    x *= 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
  }

 private:
  static constexpr int64_t kFirstPerson = 1000;
  static constexpr int64_t kFirstAuction = 1000;
  static constexpr int64_t kFirstCategory = 10;
  static constexpr int64_t kCategories = 5;
  static constexpr int64_t kHotBatch = 100;
  // Bids and auctions may name people and auctions about to appear.
  static constexpr int64_t kIdLead = 10;

  // 0-based number of the last person up to this event.
  int64_t LastPerson(const EventId& id) const {
    const int64_t within =
        id.offset < options_.person_proportion ? id.offset
                                               : options_.person_proportion - 1;
    return id.cycle * options_.person_proportion + within;
  }
  int64_t LastAuction(const EventId& id) const {
    int64_t cycle = id.cycle;
    int64_t within = id.offset - options_.person_proportion;
    if (within < 0) {
      --cycle;
      within = options_.auction_proportion - 1;
    } else if (within >= options_.auction_proportion) {
      within = options_.auction_proportion - 1;
    }
    const int64_t last = cycle * options_.auction_proportion + within;
    return last < 0 ? 0 : last;
  }
  int64_t NextPerson(const EventId& id, int draw) const {
    const int64_t people = LastPerson(id) + 1;
    const int64_t active =
        people < options_.active_people ? people : options_.active_people;
    return people - active + Below(id, draw, active + kIdLead);
  }
  // Log-uniform between 100 and 100,000,000.
  int64_t Price(const EventId& id, int draw) const {
    const double unit = static_cast<double>(Draw(id, 20 + draw) >> 11) *
                        0x1.0p-53;
    return std::llround(std::exp2(unit * 6 * 3.321928094887362) * 100);
  }

  ModelOptions options_;
};

}  // namespace millrace::nexmark
