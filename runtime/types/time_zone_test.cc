#include "runtime/types/time_zone.h"

#include <string>

#include <gtest/gtest.h>

#include "runtime/types/datetime_text.h"

namespace millrace::time_zone_test {
namespace {

LocalClock In(absl::string_view id) {
  auto zone = TimeZone::Find(id);
  EXPECT_TRUE(zone.ok()) << zone.status();
  return LocalClock(*zone);
}

int64_t Ms(absl::string_view text) {
  TimeNanos value;
  EXPECT_TRUE(ParseTimestampText(text, 3, &value)) << text;
  return value.millis;
}

TEST(TimeZone, KnowsOffsetsNamesAndShortIds) {
  const struct {
    const char* id;
    const char* local_of_epoch;
  } cases[] = {
      {"UTC", "1970-01-01 00:00:00"},
      {"Z", "1970-01-01 00:00:00"},
      {"GMT+8", "1970-01-01 08:00:00"},
      {"UTC-03:30", "1969-12-31 20:30:00"},
      {"+08:00", "1970-01-01 08:00:00"},
      {"-0800", "1969-12-31 16:00:00"},
      {"EST", "1969-12-31 19:00:00"},
      {"PST", "1969-12-31 16:00:00"},
      {"Asia/Shanghai", "1970-01-01 08:00:00"},
      {"America/Los_Angeles", "1969-12-31 16:00:00"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(In(c.id).ToLocal(0), Ms(c.local_of_epoch)) << c.id;
    EXPECT_EQ(In(c.id).ToUtc(Ms(c.local_of_epoch)), 0) << c.id;
  }
}

TEST(TimeZone, RefusesWhatIsNoZone) {
  for (const char* id : {"", "Mars/Olympus", "asia/shanghai", "+25:00", "GMT+",
                         "../../etc/passwd", "/etc/localtime", "localtime",
                         "unparsable"}) {
    EXPECT_EQ(TimeZone::Find(id).status().code(),
              absl::StatusCode::kInvalidArgument)
        << id;
  }
}

TEST(LocalClock, MovesSkippedTimesForward) {
  LocalClock clock = In("MET");
  const int64_t change = 1'111'885'200'000;  // 2005-03-27 01:00 UTC.
  EXPECT_EQ(clock.ToUtc(Ms("2005-03-27 03:00:00")), change);
  EXPECT_EQ(clock.ToUtc(Ms("2005-03-27 02:00:00")), change);
  EXPECT_EQ(clock.ToUtc(Ms("2005-03-27 02:30:00.5")), change + 1'800'500);
  EXPECT_EQ(clock.ToUtc(Ms("2005-03-27 01:59:59")), change - 1000);
  EXPECT_EQ(clock.ToLocal(change), Ms("2005-03-27 03:00:00"));
  EXPECT_EQ(clock.ToLocal(change - 1), Ms("2005-03-27 01:59:59.999"));
}

TEST(LocalClock, ChoosesBetweenRepeatedTimes) {
  LocalClock clock = In("America/Los_Angeles");
  const int64_t local = Ms("2023-11-05 01:30:00");
  EXPECT_EQ(clock.ToUtc(local, Overlap::kEarlier),
            Ms("2023-11-05 08:30:00"));
  EXPECT_EQ(clock.ToUtc(local, Overlap::kLater), Ms("2023-11-05 09:30:00"));
  EXPECT_EQ(clock.ToLocal(Ms("2023-11-05 08:30:00")), local);
  EXPECT_EQ(clock.ToLocal(Ms("2023-11-05 09:30:00")), local);
}

// What the clock remembers never shows: one that walks hour by hour through
// years agrees with fresh ones.
TEST(LocalClock, RemembersWithoutError) {
  for (const char* id : {"America/Los_Angeles", "Australia/Lord_Howe",
                         "Asia/Kolkata", "Africa/Casablanca"}) {
    LocalClock walking = In(id);
    const int64_t begin = Ms("2015-01-01");
    for (int64_t hour = 0; hour < 3 * 8766; ++hour) {
      const int64_t utc = begin + hour * 3'600'000 / 2;
      const int64_t local = walking.ToLocal(utc);
      ASSERT_EQ(local, In(id).ToLocal(utc)) << id << " " << utc;
      ASSERT_EQ(walking.ToUtc(local), In(id).ToUtc(local)) << id << " " << utc;
    }
  }
}

}  // namespace
}  // namespace millrace::time_zone_test
