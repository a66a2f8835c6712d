// TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_LTZ, UNIX_TIMESTAMP, CONVERT_TZ: times
// read from text or counted from the epoch.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/clock.h"
#include "runtime/base/status_macros.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/datetime_format.h"
#include "runtime/types/datetime_text.h"

namespace millrace {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

// The compiled pattern of the last row, which is mostly the next row's too.
class PatternParser {
 public:
  explicit PatternParser(PatternDialect dialect) : dialect_(dialect) {}

  // Null: the pattern cannot be used.
  const DateTimePattern* Get(absl::string_view text) {
    if (!seen_ || text != text_) {
      seen_ = true;
      text_ = std::string(text);
      pattern_ = DateTimePattern::Compile(text_, dialect_);
    }
    return pattern_.ok() ? &*pattern_ : nullptr;
  }

 private:
  PatternDialect dialect_;
  bool seen_ = false;
  std::string text_;
  absl::StatusOr<DateTimePattern> pattern_ =
      absl::UnknownError("no pattern yet");
};

// The zone of the last row. Java takes an unknown name for GMT.
class ZoneSlot {
 public:
  LocalClock& Get(absl::string_view id) {
    if (id != id_) {
      id_ = std::string(id);
      clock_ = LocalClock(TimeZone::Find(id).value_or(TimeZone()));
    }
    return clock_;
  }

 private:
  std::string id_ = "UTC";
  LocalClock clock_{TimeZone()};
};

bool IsInRange(int64_t millis) {
  return millis >= kMinTimestampMillis && millis <= kMaxTimestampMillis;
}

Made ToDateFactory(const KernelSource&) {
  return MakeKernel([parser = PatternParser(
                         PatternDialect::kSimpleDateFormat)](
                        const KernelCall& call) mutable {
    if (call.args.size() == 1) {
      UnaryOrNull<int32_t, StringView>(
          call, [](const StringView& text, int32_t* days) {
            return ParseDateText(text.view(), days);
          });
      return;
    }
    BinaryOrNull<int32_t, StringView, StringView>(
        call, [&](const StringView& text, const StringView& pattern,
                  int32_t* days) {
          const DateTimePattern* const compiled = parser.Get(pattern.view());
          TimeNanos time;
          if (compiled == nullptr || !compiled->Parse(text.view(), &time)) {
            return false;
          }
          *days =
              static_cast<int32_t>(FloorDiv(time.millis, kMillisPerDay));
          return true;
        });
  });
}

// TIMESTAMP or TIMESTAMP_LTZ from (text[, pattern[, zone]]), in UTC unless a
// zone is given; cut to the digits of `type`.
Made FromTextFactory(const KernelSource& source) {
  return MakeKernel([type = source.result, zones = ZoneSlot(),
                     parser = PatternParser(
                         PatternDialect::kDateTimeFormatter)](
                        const KernelCall& call) mutable {
    const Column<StringView> text(*call.args[0]);
    call.rows.ForEach([&](uint32_t row) {
      TimeNanos time;
      bool fits = false;
      if (call.args.size() == 1) {
        fits = ParseTimestampText(text[row].view(), type.precision(), &time);
      } else {
        const Column<StringView> pattern(*call.args[1]);
        const DateTimePattern* const compiled =
            parser.Get(pattern[row].view());
        fits = compiled != nullptr &&
               ParseTimestampByPattern(*compiled, text[row].view(),
                                       type.precision(), &time);
      }
      if (fits && call.args.size() > 2) {
        const Column<StringView> zone(*call.args[2]);
        time.millis = zones.Get(zone[row].view()).ToUtc(time.millis);
      }
      if (!fits) call.out->SetNull(row);
      StoreTime(*call.out, type, row, fits ? time : TimeNanos{});
    });
  });
}

// The epoch plus a count of 10^-precision seconds. False: no year of four
// digits.
bool FromCount(int64_t count, int64_t precision, TimeNanos* time) {
  constexpr int64_t kNanosPerMilli = 1'000'000;
  int64_t unit_nanos = 1'000'000'000;
  for (; precision > 0; --precision) unit_nanos /= 10;
  if (unit_nanos >= kNanosPerMilli) {
    if (__builtin_mul_overflow(count, unit_nanos / kNanosPerMilli,
                               &time->millis)) {
      return false;
    }
  } else {
    const int64_t units = kNanosPerMilli / unit_nanos;
    time->millis = FloorDiv(count, units);
    time->nanos = static_cast<int32_t>(FloorMod(count, units) * unit_nanos);
  }
  return IsInRange(time->millis);
}

// Down to milliseconds a fraction counts, of finer units whole ones only.
bool FromCount(double count, int64_t precision, TimeNanos* time) {
  if (precision > 3) {
    return std::fabs(count) < 9e18 &&
           FromCount(static_cast<int64_t>(count), precision, time);
  }
  const double millis = std::trunc(
      count * std::pow(10.0, static_cast<double>(3 - precision)));
  // Also false for what is not a number.
  if (!(std::fabs(millis) < 1e15)) return false;
  time->millis = static_cast<int64_t>(millis);
  return IsInRange(time->millis);
}

template <typename T>
Made FromCountFactory(const KernelSource& source) {
  return MakeKernel([type = source.result](const KernelCall& call) {
    const Column<T> count(*call.args[0]);
    call.rows.ForEach([&](uint32_t row) {
      const int64_t precision =
          call.args.size() > 1 ? Column<int64_t>(*call.args[1])[row] : 3;
      TimeNanos time;
      if (precision < 0 || precision > 9 ||
          !FromCount(count[row], precision, &time)) {
        call.out->SetNull(row);
        time = {};
      }
      StoreTime(*call.out, type, row, time);
    });
  });
}

Made ToTimestampLtzFactory(const KernelSource& source) {
  switch (source.args[0].type.physical()) {
    case PhysicalType::kInt64: return FromCountFactory<int64_t>(source);
    case PhysicalType::kDouble: return FromCountFactory<double>(source);
    default: return FromTextFactory(source);
  }
}

// The digits of the result's fraction: those of a literal pattern or
// precision, at least three.
absl::StatusOr<int> FractionDigits(std::span<const ArgumentInfo> args) {
  if (args.size() < 2 || args[1].literal == nullptr ||
      args[1].literal->is_null()) {
    return 3;
  }
  const std::string* const pattern = LiteralText(args[1]);
  if (pattern != nullptr && !args[0].type.IsCharacter()) return 3;
  const auto* const precision = std::get_if<int64_t>(&args[1].literal->data);
  int64_t digits = 3;
  if (pattern != nullptr) {
    digits = std::count(pattern->begin(), pattern->end(), 'S');
  } else if (precision != nullptr) {
    digits = *precision;
  }
  if (pattern == nullptr && (digits < 0 || digits > 9)) {
    return BadLiteral("TO_TIMESTAMP_LTZ", absl::StrCat(digits),
                      "it is no precision",
                      "Write 0 for seconds, 3, 6 or 9 for finer units.");
  }
  return static_cast<int>(std::clamp<int64_t>(digits, 3, 9));
}

// The forms of OneOf. A DECIMAL is read as the whole number before its point.
Resolver ToTimestampLtzResolver(absl::string_view usage) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const LogicalType real = LogicalType::Double();
  const LogicalType result = LogicalType::TimestampLtz(3);
  const auto nullable = [&result](std::vector<LogicalType> args) {
    return Signature{.args = std::move(args), .result = result,
                     .always_nullable = true};
  };
  Resolver forms = OneOf(
      "TO_TIMESTAMP_LTZ", usage,
      {nullable({number}), nullable({number, number}), nullable({real}),
       nullable({real, number}), nullable({text}), nullable({text, text}),
       nullable({text, text, text})});
  return [forms](std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    std::vector<ArgumentInfo> read(args.begin(), args.end());
    if (!read.empty() && read[0].type.Is(TypeRoot::kDecimal)) {
      read[0] = {LogicalType::BigInt().WithNullable(read[0].type.nullable())};
    }
    ASSIGN_OR_RETURN(ResolvedCall call, forms(read));
    ASSIGN_OR_RETURN(const int digits, FractionDigits(args));
    call.result = LogicalType::TimestampLtz(digits);
    return call;
  };
}

// Seconds of now, or of a local time as text; text that does not suit gives
// Flink's mark for it, the least BIGINT.
Made UnixTimestampFactory(const KernelSource& source) {
  if (source.args.empty()) {
    if (source.context.clock == nullptr) {
      return absl::FailedPreconditionError("no clock to read");
    }
    return MakeKernel([clock = source.context.clock](const KernelCall& call) {
      const int64_t now = absl::ToUnixSeconds(clock->Now());
      int64_t* const out = call.out->data<int64_t>();
      call.rows.ForEach([&](uint32_t row) { out[row] = now; });
    });
  }
  return MakeKernel([parser = PatternParser(PatternDialect::kSimpleDateFormat),
                     local = LocalClock(LocalZone(source.context))](
                        const KernelCall& call) mutable {
    const Column<StringView> text(*call.args[0]);
    int64_t* const out = call.out->data<int64_t>();
    call.rows.ForEach([&](uint32_t row) {
      out[row] = std::numeric_limits<int64_t>::min();
      const StringView given = call.args.size() > 1
                                   ? Column<StringView>(*call.args[1])[row]
                                   : StringView(kDefaultPattern);
      const DateTimePattern* const pattern = parser.Get(given.view());
      TimeNanos time;
      if (pattern != nullptr && pattern->Parse(text[row].view(), &time)) {
        out[row] = local.ToUtc(time.millis, Overlap::kLater) /
                   kMillisPerSecond;
      }
    });
  });
}

// As java.util.TimeZone has it: an offset needs GMT before it, else it is GMT.
absl::string_view ZoneName(absl::string_view name) {
  const bool bare = !name.empty() && (name[0] == '+' || name[0] == '-');
  return bare ? "UTC" : name;
}

// CONVERT_TZ(text, from zone, to zone), in the default pattern.
Made ConvertTzFactory(const KernelSource&) {
  ASSIGN_OR_RETURN(const DateTimePattern pattern,
                   DateTimePattern::Compile(
                       kDefaultPattern, PatternDialect::kSimpleDateFormat));
  return MakeKernel([pattern, from_zone = ZoneSlot(), to_zone = ZoneSlot()](
                        const KernelCall& call) mutable {
    const Column<StringView> text(*call.args[0]);
    const Column<StringView> from(*call.args[1]);
    const Column<StringView> to(*call.args[2]);
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    call.rows.ForEach([&](uint32_t row) {
      TimeNanos time;
      out[row] = StringView();
      if (!pattern.Parse(text[row].view(), &time)) {
        call.out->SetNull(row);
        return;
      }
      time.millis = to_zone.Get(ZoneName(to[row].view()))
                        .ToLocal(from_zone.Get(ZoneName(from[row].view()))
                                     .ToUtc(time.millis, Overlap::kLater));
      char* const begin = writer.Reserve(pattern.max_length());
      out[row] = writer.Commit(pattern.Write(time, begin) - begin);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

}  // namespace

void RegisterDatetimeParseFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const auto nullable = [](std::vector<LogicalType> args,
                           const LogicalType& result) {
    return Signature{.args = std::move(args), .result = result,
                     .always_nullable = true};
  };
  const LogicalType date = LogicalType::Date();
  const LogicalType timestamp = LogicalType::Timestamp(3);
  registry.Add(PreparedEntry(
      "TO_DATE", "TO_DATE(string[, pattern])",
      {nullable({text}, date), nullable({text, text}, date)},
      ToDateFactory));
  registry.Add(PreparedEntry(
      "TO_TIMESTAMP", "TO_TIMESTAMP(string[, pattern])",
      {nullable({text}, timestamp), nullable({text, text}, timestamp)},
      FromTextFactory));
  constexpr absl::string_view kLtzUsage =
      "TO_TIMESTAMP_LTZ(numeric[, precision])\n"
      "TO_TIMESTAMP_LTZ(string[, pattern[, timezone]])";
  registry.Add(ResolvedEntry("TO_TIMESTAMP_LTZ", kLtzUsage,
                             ToTimestampLtzResolver(kLtzUsage),
                             ToTimestampLtzFactory));
  registry.Add(PreparedEntry(
      "UNIX_TIMESTAMP", "UNIX_TIMESTAMP([string[, pattern]])",
      {Signature{.args = {}, .result = number}, {{text}, number},
       {{text, text}, number}},
      UnixTimestampFactory, {.deterministic = false}));
  registry.Add(PreparedEntry("CONVERT_TZ",
                             "CONVERT_TZ(string, from zone, to zone)",
                             {nullable({text, text, text}, text)},
                             ConvertTzFactory));
}

}  // namespace millrace
