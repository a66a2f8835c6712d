// DATE_FORMAT, FROM_UNIXTIME: times as text by a Java pattern.

#include <limits>
#include <optional>
#include <string>

#include "runtime/base/status_macros.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/datetime_format.h"

namespace millrace {
namespace {

// How long a pattern's text stays the same, in ms: a day for "yyyy-MM-dd", a
// minute for "HH:mm". 0: not known, or less than a millisecond.
int64_t StableMillis(absl::string_view pattern) {
  int64_t stable = kMillisPerDay;
  const auto at_most = [&stable](int64_t millis) {
    stable = std::min(stable, millis);
  };
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\'') {
      const size_t end = pattern.find('\'', i + 1);
      if (end == absl::string_view::npos) return 0;
      i = end;
      continue;
    }
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) continue;
    if (absl::string_view("yuYMLdDEecQqwWFG").find(c) !=
        absl::string_view::npos) {
      continue;
    }
    switch (c) {
      case 'a': case 'H': case 'h': case 'K': case 'k':
        at_most(kMillisPerHour);
        break;
      case 'm': at_most(kMillisPerMinute); break;
      case 's': at_most(kMillisPerSecond); break;
      default: return 0;
    }
  }
  return stable;
}

// Writes times by one pattern. Events come in the order of their times, or
// nearly so, and most have the text of the one before: it is kept with the
// span of time it stands for, and costs two comparisons.
class TimeWriter {
 public:
  static absl::StatusOr<TimeWriter> Make(absl::string_view pattern,
                                         PatternDialect dialect) {
    ASSIGN_OR_RETURN(DateTimePattern compiled,
                     DateTimePattern::Compile(pattern, dialect));
    return TimeWriter(std::move(compiled), StableMillis(pattern));
  }

  // The kept text moves to the chunks of the next column.
  void Begin(StringWriter& writer) {
    if (from_ < until_) view_ = writer.Copy(text_);
  }

  StringView Write(TimeNanos time, StringWriter& writer) {
    if (time.millis >= from_ && time.millis < until_) return view_;
    return WriteNew(time, writer);
  }

 private:
  TimeWriter(DateTimePattern pattern, int64_t stable)
      : pattern_(std::move(pattern)), stable_millis_(stable) {}

  StringView WriteNew(TimeNanos time, StringWriter& writer) {
    char* const begin = writer.Reserve(pattern_.max_length());
    char* const end = pattern_.Write(time, begin);
    if (stable_millis_ == 0) return writer.Commit(end - begin);
    text_.assign(begin, end - begin);
    view_ = writer.Commit(end - begin);
    from_ = FloorDiv(time.millis, stable_millis_) * stable_millis_;
    until_ = from_ + stable_millis_;
    return view_;
  }

  DateTimePattern pattern_;
  int64_t stable_millis_;
  int64_t from_ = 0;   // [from, until): empty at first.
  int64_t until_ = 0;
  std::string text_;
  StringView view_;
};

// The writer of the last pattern seen; a pattern is a literal but for rare
// exceptions.
class PatternSlot {
 public:
  explicit PatternSlot(PatternDialect dialect) : dialect_(dialect) {}

  // Null: the pattern cannot be used; status() says why. `begin` is where
  // strings go now.
  TimeWriter* Get(absl::string_view pattern, StringWriter& writer) {
    if (writer_.ok() && pattern == pattern_) return &*writer_;
    pattern_ = std::string(pattern);
    writer_ = TimeWriter::Make(pattern, dialect_);
    if (!writer_.ok()) return nullptr;
    writer_->Begin(writer);
    return &*writer_;
  }
  void Begin(StringWriter& writer) {
    if (writer_.ok()) writer_->Begin(writer);
  }
  const absl::Status& status() const { return writer_.status(); }

 private:
  PatternDialect dialect_;
  std::string pattern_;
  absl::StatusOr<TimeWriter> writer_ = absl::UnknownError("no pattern yet");
};

// A literal pattern that cannot be used is the author's error at once.
absl::Status CheckPattern(absl::string_view function,
                          const ArgumentInfo& arg, PatternDialect dialect) {
  const std::string* const pattern = LiteralText(arg);
  if (pattern == nullptr) return absl::OkStatus();
  const auto compiled = DateTimePattern::Compile(*pattern, dialect);
  if (compiled.ok()) return absl::OkStatus();
  return BadLiteral(function, *pattern, compiled.status().message(),
                    "Use Java's pattern letters, \"yyyy-MM-dd HH:mm:ss\"");
}

// Calls `time(row, &value)` for each row and writes what it gives; NULL where
// it says false. `pattern` < 0: the default pattern.
template <typename Time>
void WriteTimes(const KernelCall& call, PatternSlot& slot, int pattern,
                Time&& time) {
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  slot.Begin(writer);
  const bool varies = pattern >= 0 && !call.args[pattern]->is_constant();
  TimeWriter* times = nullptr;
  if (!varies && call.rows.size() > 0) {
    times = slot.Get(pattern < 0
                         ? kDefaultPattern
                         : call.args[pattern]->data<StringView>()[0].view(),
                     writer);
  }
  call.rows.ForEach([&](uint32_t row) {
    if (varies) {
      times = slot.Get(call.args[pattern]->data<StringView>()[row].view(),
                       writer);
    }
    out[row] = StringView();
    TimeNanos value;
    if (times == nullptr) {
      FailRow(call, row, slot.status());
    } else if (time(row, &value)) {
      out[row] = times->Write(value, writer);
    } else {
      call.out->SetNull(row);
    }
  });
  call.out->AddChunks(writer.TakeChunks());
}

// Of text in the default form, read and written as java.text does.
std::unique_ptr<Kernel> MakeReformat() {
  const auto kDialect = PatternDialect::kSimpleDateFormat;
  return MakeKernel(
      [slot = PatternSlot(kDialect),
       parser = *DateTimePattern::Compile(kDefaultPattern, kDialect)](
          const KernelCall& call) mutable {
        const Column<StringView> text(*call.args[0]);
        WriteTimes(call, slot, 1, [&](uint32_t row, TimeNanos* value) {
          return parser.Parse(text[row].view(), value);
        });
      });
}

absl::StatusOr<std::unique_ptr<Kernel>> DateFormatFactory(
    const KernelSource& source) {
  const LogicalType& type = source.args[0].type;
  const bool text = type.IsCharacter();
  const PatternDialect dialect = text ? PatternDialect::kSimpleDateFormat
                                      : PatternDialect::kDateTimeFormatter;
  RETURN_IF_ERROR(CheckPattern("DATE_FORMAT", source.args[1], dialect));
  if (text) return MakeReformat();
  return MakeKernel([type, slot = PatternSlot(dialect),
                     clock = LocalClock(LocalZone(source.context))](
                        const KernelCall& call) mutable {
    const TimeColumn from(*call.args[0], type, &clock);
    if (const int64_t* const plain = from.plain_millis()) {
      WriteTimes(call, slot, 1, [plain](uint32_t row, TimeNanos* value) {
        value->millis = plain[row];
        return true;
      });
      return;
    }
    WriteTimes(call, slot, 1, [&](uint32_t row, TimeNanos* value) {
      *value = from[row];
      return true;
    });
  });
}

// Seconds since the epoch, in the session's zone.
absl::StatusOr<std::unique_ptr<Kernel>> FromUnixtimeFactory(
    const KernelSource& source) {
  const auto kDialect = PatternDialect::kSimpleDateFormat;
  const int pattern = source.args.size() > 1 ? 1 : -1;
  if (pattern > 0) {
    RETURN_IF_ERROR(CheckPattern("FROM_UNIXTIME", source.args[1], kDialect));
  }
  return MakeKernel([pattern, slot = PatternSlot(kDialect),
                     clock = LocalClock(LocalZone(source.context))](
                        const KernelCall& call) mutable {
    const Column<int64_t> seconds(*call.args[0]);
    WriteTimes(call, slot, pattern, [&](uint32_t row, TimeNanos* value) {
      int64_t millis = 0;
      if (__builtin_mul_overflow(seconds[row], kMillisPerSecond, &millis)) {
        return false;
      }
      *value = {.millis = clock.ToLocal(millis)};
      return true;
    });
  });
}

}  // namespace

void RegisterDatetimeFormatFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  const auto nullable = [&text](std::vector<LogicalType> args) {
    return Signature{.args = std::move(args), .result = text,
                     .always_nullable = true};
  };
  registry.Add(PreparedEntry(
      "DATE_FORMAT", "DATE_FORMAT(timestamp, pattern)",
      {nullable({LogicalType::Timestamp(3), text}),
       nullable({LogicalType::TimestampLtz(3), text}),
       nullable({LogicalType::Date(), text}), nullable({text, text})},
      DateFormatFactory));
  registry.Add(PreparedEntry("FROM_UNIXTIME",
                             "FROM_UNIXTIME(seconds[, pattern])",
                             {nullable({number}), nullable({number, text})},
                             FromUnixtimeFactory));
}

}  // namespace millrace
