#include "runtime/types/time_zone.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "runtime/base/error.h"
#include "runtime/types/datetime.h"
#include "runtime/types/text_cursor.h"

namespace millrace {
namespace {

// Beyond every change of a clock, and far from overflow.
constexpr int64_t kFarMillis = std::numeric_limits<int64_t>::max() / 4;

struct ShortId {
  absl::string_view id;
  absl::string_view zone;
};

// java.time.ZoneId.SHORT_IDS.
constexpr ShortId kShortIds[] = {
    {"ACT", "Australia/Darwin"},
    {"AET", "Australia/Sydney"},
    {"AGT", "America/Argentina/Buenos_Aires"},
    {"ART", "Africa/Cairo"},
    {"AST", "America/Anchorage"},
    {"BET", "America/Sao_Paulo"},
    {"BST", "Asia/Dhaka"},
    {"CAT", "Africa/Harare"},
    {"CNT", "America/St_Johns"},
    {"CST", "America/Chicago"},
    {"CTT", "Asia/Shanghai"},
    {"EAT", "Africa/Addis_Ababa"},
    {"ECT", "Europe/Paris"},
    {"EST", "-05:00"},
    {"HST", "-10:00"},
    {"IET", "America/Indiana/Indianapolis"},
    {"IST", "Asia/Kolkata"},
    {"JST", "Asia/Tokyo"},
    {"MIT", "Pacific/Apia"},
    {"MST", "-07:00"},
    {"NET", "Asia/Yerevan"},
    {"NST", "Pacific/Auckland"},
    {"PLT", "Asia/Karachi"},
    {"PNT", "America/Phoenix"},
    {"PRT", "America/Puerto_Rico"},
    {"PST", "America/Los_Angeles"},
    {"SST", "Pacific/Guadalcanal"},
    {"VST", "Asia/Ho_Chi_Minh"},
};

// "+8", "+08:00", "-0330", "+08:00:15" in seconds; nullopt: no offset.
std::optional<int> ParseOffset(absl::string_view text) {
  TextCursor in(text);
  const bool west = in.Skip('-');
  if (!west && !in.Skip('+')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (!in.Number(1, 2, &hours)) return std::nullopt;
  const bool colons = in.peek() == ':';
  for (int* field : {&minutes, &seconds}) {
    if (in.done()) break;
    if (colons && !in.Skip(':')) return std::nullopt;
    if (!in.Number(2, 2, field)) return std::nullopt;
  }
  if (!in.done() || hours > 18 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  const int offset = hours * 3600 + minutes * 60 + seconds;
  return west ? -offset : offset;
}

// Seconds that `id` stands for without a look into the zone database.
std::optional<int> FixedOffset(absl::string_view id) {
  if (id == "Z") return 0;
  for (absl::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (!absl::StartsWith(id, prefix)) continue;
    if (id.size() == prefix.size()) return 0;
    return ParseOffset(id.substr(prefix.size()));
  }
  return ParseOffset(id);
}

// Only what can be a name within the database, never a path out of it.
bool IsZoneName(absl::string_view id) {
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
  return plain && !id.empty() && id.front() != '/' && id != "localtime";
}

absl::CivilSecond CivilOf(int64_t local_millis) {
  const DayAndTime split = SplitMillis(local_millis);
  const CivilDate date = CivilFromDays(split.days);
  return absl::CivilSecond(date.year, date.month, date.day, 0, 0,
                           split.millis / 1000);
}

int64_t MillisOf(absl::CivilSecond civil) {
  return (civil - absl::CivilSecond()) * 1000;  // Since 1970-01-01.
}

}  // namespace

absl::StatusOr<TimeZone> TimeZone::Find(absl::string_view id) {
  TimeZone result;
  result.id_ = std::string(id);
  absl::string_view name = id;
  for (const ShortId& short_id : kShortIds) {
    if (short_id.id == id) name = short_id.zone;
  }
  if (const std::optional<int> seconds = FixedOffset(name)) {
    result.zone_ = absl::FixedTimeZone(*seconds);
    result.offset_millis_ = *seconds * kMillisPerSecond;
    return result;
  }
  if (!IsZoneName(name) || !absl::LoadTimeZone(name, &result.zone_)) {
    return UserError(
        {.code = "CFG-0030",
         .what = absl::StrCat("unknown time zone '", id, "'"),
         .why = "it is neither an offset nor a name of the zone database",
         .fix = "write an offset such as '+08:00' or a name such as "
                "'Europe/Paris' (names are case-sensitive)"});
  }
  result.fixed_ = false;
  return result;
}

void LocalClock::Seek(int64_t utc_millis) {
  const int64_t seconds = FloorDiv(utc_millis, 1000);
  const absl::TimeZone& zone = zone_.zone();
  const absl::Time time = absl::FromUnixSeconds(seconds);
  offset_millis_ = zone.At(time).offset * int64_t{1000};
  absl::TimeZone::CivilTransition change;
  // The last change at or before the time, the first one after it.
  from_millis_ = zone.PrevTransition(time + absl::Seconds(1), &change)
                     ? MillisOf(change.to) - offset_millis_
                     : -kFarMillis;
  until_millis_ = zone.NextTransition(time, &change)
                      ? MillisOf(change.from) - offset_millis_
                      : kFarMillis;
}

int64_t LocalClock::ToUtcNearChange(int64_t local_millis, Overlap overlap) {
  const absl::TimeZone::TimeInfo info =
      zone_.zone().At(CivilOf(local_millis));
  const bool later = info.kind == absl::TimeZone::TimeInfo::REPEATED &&
                     overlap == Overlap::kLater;
  const int64_t utc_millis = absl::ToUnixMillis(later ? info.post : info.pre) +
                             FloorMod(local_millis, 1000);
  Seek(utc_millis);
  return utc_millis;
}

}  // namespace millrace
