#include "connectors/nexmark/nexmark_options.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace::nexmark {
namespace {

// An integer knob: its key and where it goes.
struct Knob {
  const char* key;
  int ModelOptions::* field;
  const char* default_value;
  int least;
  const char* description;
};

constexpr Knob kKnobs[] = {
    {"person.proportion", &ModelOptions::person_proportion, "1", 1,
     "People in each cycle of events."},
    {"auction.proportion", &ModelOptions::auction_proportion, "3", 1,
     "Auctions in each cycle of events."},
    {"bid.proportion", &ModelOptions::bid_proportion, "46", 0,
     "Bids in each cycle of events."},
    {"person.avg-size", &ModelOptions::person_size_bytes, "200", 0,
     "Average bytes of a person, made up by `extra`."},
    {"auction.avg-size", &ModelOptions::auction_size_bytes, "500", 0,
     "Average bytes of an auction, made up by `extra`."},
    {"bid.avg-size", &ModelOptions::bid_size_bytes, "100", 0,
     "Average bytes of a bid, made up by `extra`."},
    {"bid.hot-ratio.auctions", &ModelOptions::hot_auction_ratio, "2", 1,
     "All but one in this many bids go to the hot auction."},
    {"bid.hot-ratio.bidders", &ModelOptions::hot_bidder_ratio, "4", 1,
     "All but one in this many bids come from the hot bidder."},
    {"auction.hot-ratio.sellers", &ModelOptions::hot_seller_ratio, "4", 1,
     "All but one in this many auctions are the hot seller's."},
    {"person.active", &ModelOptions::active_people, "1000", 1,
     "How many of the latest people take part."},
    {"auction.in-flight", &ModelOptions::in_flight_auctions, "100", 1,
     "How many of the latest auctions get bids."},
};

std::vector<OptionSpec> MakeSpecs() {
  std::vector<OptionSpec> specs = {
      {"connector", "nexmark", true, "'nexmark'."},
      {"events.num", "0", false, "How many events; 0 = without end."},
      {"next-event.rate", "10000", false,
       "Events per second of event time (and of real time, if limited)."},
      {"first-event.rate", std::nullopt, false,
       "Accepted; must equal next-event.rate where both are given."},
      {"rate.limited", "false", false,
       "'true': emit no faster than next-event.rate; 'false': at full speed."},
      {"max-emit-speed", std::nullopt, false,
       "Accepted: 'true' is the opposite of rate.limited."},
      {"base-time", "2015-07-15 00:00:00", false,
       "Event time of the first event in UTC, or 'now'."},
      {"seed", "1", false, "Same seed, same events."},
      {"keep-alive", std::nullopt, false, "Accepted without effect."},
      {"stop-at", std::nullopt, false, "Accepted without effect."},
  };
  for (const Knob& knob : kKnobs) {
    specs.push_back({knob.key, knob.default_value, false, knob.description});
  }
  return specs;
}

absl::Status BadValue(absl::string_view key, absl::string_view value,
                      absl::string_view why) {
  return UserError({.code = "SQL-0301",
                    .what = absl::StrCat("option '", key, "' = '", value,
                                         "' cannot be used"),
                    .where = "connector 'nexmark'",
                    .why = std::string(why),
                    .fix = ""});
}

absl::Status ReadTimes(const OptionReader& reader, SourceOptions& result) {
  const std::string base = *reader.Text("base-time");
  if (base == "now") {
    result.base_time_is_now = true;
    return absl::OkStatus();
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%E*S", base, &time, &error)) {
    return BadValue("base-time", base,
                    "expected 'yyyy-MM-dd HH:mm:ss' or 'now'");
  }
  result.model.base_time_ms = absl::ToUnixMillis(time);
  return absl::OkStatus();
}

}  // namespace

const std::vector<OptionSpec>& OptionSpecs() {
  static const auto* const specs = new std::vector<OptionSpec>(MakeSpecs());
  return *specs;
}

absl::StatusOr<SourceOptions> ReadOptions(const TableOptions& options) {
  const OptionReader reader(options, OptionSpecs());
  SourceOptions result;
  for (const Knob& knob : kKnobs) {
    ASSIGN_OR_RETURN(const int64_t value, reader.Int(knob.key));
    if (value < knob.least || value > 1'000'000) {
      return BadValue(knob.key, absl::StrCat(value),
                      absl::StrCat("expected ", knob.least, " to 1000000"));
    }
    result.model.*knob.field = static_cast<int>(value);
  }
  ASSIGN_OR_RETURN(result.event_count, reader.Int("events.num"));
  ASSIGN_OR_RETURN(const int64_t seed, reader.Int("seed"));
  result.model.seed = static_cast<uint64_t>(seed);
  ASSIGN_OR_RETURN(result.model.events_per_second,
                   reader.Double("next-event.rate"));
  if (!(result.model.events_per_second > 0)) {
    return BadValue("next-event.rate", *reader.Text("next-event.rate"),
                    "expected a number above 0");
  }
  ASSIGN_OR_RETURN(result.rate_limited, reader.Bool("rate.limited"));
  RETURN_IF_ERROR(ReadTimes(reader, result));
  return result;
}

}  // namespace millrace::nexmark
