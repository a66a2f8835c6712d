#include "connectors/formats/json/layout_decoder.h"

#include <array>
#include <limits>
#include <utility>

#include "connectors/formats/json/json_scalar.h"
#include "connectors/formats/json/json_scan.h"
#include "connectors/formats/record_text.h"

namespace millrace {
namespace {

// A table mixes few kinds of events; each layout more is tried in vain by
// records of the others.
constexpr size_t kMostLayouts = 8;
// With so many already, what differs may be objects that nobody wants.
constexpr size_t kManyLayouts = 4;
constexpr uint32_t kMostLearned = 64;
constexpr uint32_t kWindow = 4096;
constexpr int kMostSkippedDepth = 16;

// What a letter behind a backslash stands for; 0: left to the general way,
// \u above all.
constexpr std::array<char, 256> MakeUnescape() {
  std::array<char, 256> table{};
  table['"'] = '"';
  table['\\'] = '\\';
  table['/'] = '/';
  table['b'] = '\b';
  table['f'] = '\f';
  table['n'] = '\n';
  table['r'] = '\r';
  table['t'] = '\t';
  return table;
}
constexpr std::array<char, 256> kUnescape = MakeUnescape();

char Unescaped(char letter) { return kUnescape[static_cast<uint8_t>(letter)]; }

bool IsNull(const char* at) { return std::memcmp(at, "null", 4) == 0; }

// The end of a run of multi-byte characters; null: not UTF-8, or a control
// character stands at `at`.
const char* SkipMultibyte(const char* at, const char* end) {
  const char* from = at;
  while (at < end && static_cast<int8_t>(*at) < 0) ++at;
  const size_t size = at - from;
  if (size == 0 || FirstInvalidUtf8({from, size}) != size) return nullptr;
  return at;
}

// The closing quote of the string whose inside begins at `at`. Stops at the
// first backslash if `stop_at_escape`. Null: no such end, or a bad character.
inline const char* SkipString(const char* at, const char* end,
                              bool stop_at_escape) {
  __m256i block;
  while (at < end) {
    const uint32_t stops = StringStops(at, &block);
    if (stops == 0) {
      at += 32;
      continue;
    }
    at += __builtin_ctz(stops);
    if (*at == '"') return at;
    if (*at == '\\') {
      if (stop_at_escape) return at;
      if (Unescaped(at[1]) == 0) return nullptr;
      at += 2;
    } else if ((at = SkipMultibyte(at, end)) == nullptr) {
      return nullptr;
    }
  }
  return nullptr;
}

// Copies the inside of a string from `start` on, of which everything up to
// the backslash at `at` is plain, and unescapes it. Returns the closing quote
// and sets *text; null: left to the general way.
const char* CopyUnescaped(const char* start, const char* at, const char* end,
                          StringWriter& strings, StringView* text) {
  // Never longer than the rest of the record; blocks are stored whole.
  char* const room = strings.Reserve(end - start + 64);
  char* out = room + (at - start);
  std::memcpy(room, start, at - start);
  __m256i block;
  while (at < end) {
    if (*at == '"') {
      *text = strings.Commit(out - room);
      return at;
    }
    if (*at == '\\') {
      if ((*out++ = Unescaped(at[1])) == 0) return nullptr;
      at += 2;
    } else {
      const char* from = at;
      if ((at = SkipMultibyte(at, end)) == nullptr) return nullptr;
      std::memcpy(out, from, at - from);
      out += at - from;
    }
    while (at < end) {
      const uint32_t stops = StringStops(at, &block);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), block);
      const int run = stops == 0 ? 32 : __builtin_ctz(stops);
      at += run;
      out += run;
      if (stops != 0) break;
    }
  }
  return nullptr;
}

// Each of these reads one value at `at` into its column and returns what
// follows it; null is a miss.

inline const char* ReadInteger(const char* at, PhysicalType physical,
                               ColumnBuilder& column, uint32_t row,
                               int64_t* number) {
  const bool negative = *at == '-';
  uint64_t digits = 0;
  const char* behind = ReadDigits(at + negative, &digits);
  if (behind == nullptr) return nullptr;
  const int64_t value =
      negative ? -static_cast<int64_t>(digits) : static_cast<int64_t>(digits);
  *number = value;
  if (physical == PhysicalType::kInt64) {
    column.Set(row, value);
    return behind;
  }
  return SetWhole(value, column, row) ? behind : nullptr;
}

inline const char* ReadString(const char* at, const char* end,
                              ColumnBuilder& column, uint32_t row) {
  if (*at != '"') return nullptr;
  const char* start = at + 1;
  const char* stop = SkipString(start, end, /*stop_at_escape=*/true);
  if (stop == nullptr) return nullptr;
  if (*stop == '"') {
    column.SetView(row, absl::string_view(start, stop - start));
    return stop + 1;
  }
  StringView text;
  stop = CopyUnescaped(start, stop, end, column.strings(), &text);
  if (stop == nullptr) return nullptr;
  column.Set(row, text);
  return stop + 1;
}

const char* ReadScalar(const char* at, const char* end,
                       TimestampStandard standard, ColumnBuilder& column,
                       uint32_t row) {
  if (*at == '"') {
    const char* start = at + 1;
    const char* stop = SkipString(start, end, /*stop_at_escape=*/true);
    if (stop == nullptr || *stop != '"') return nullptr;
    const absl::string_view text(start, stop - start);
    return SetFromJsonString({text, true}, standard, column, row) ? stop + 1
                                                                  : nullptr;
  }
  if (*at == 't' || *at == 'f') {
    const absl::string_view word = *at == 't' ? "true" : "false";
    if (std::memcmp(at, word.data(), word.size()) != 0 ||
        !SetFromJsonBool(*at == 't', column, row)) {
      return nullptr;
    }
    return at + word.size();
  }
  const char* behind = SkipNumber(at, end);
  if (behind == nullptr) return nullptr;
  const absl::string_view number(at, behind - at);
  return SetFromJsonNumber({number, true}, column, row) ? behind : nullptr;
}

inline const char* ReadTimestamp(const char* at, const char* end,
                                 JsonLayout::Step& step, uint32_t row) {
  int64_t millis = 0;
  if (*at == '"' && at[24] == '"' &&
      ParseSqlTimestampMillis({at + 1, 23}, &step.date, &millis)) {
    step.column->Set(row, millis);
    return at + 25;
  }
  return ReadScalar(at, end, TimestampStandard::kSql, *step.column, row);
}

const char* SkipSpace(const char* at, const char* end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) ++at;
  return at;
}

const char* SkipScalar(const char* at, const char* end) {
  if (*at == '"') {
    const char* stop = SkipString(at + 1, end, /*stop_at_escape=*/false);
    return stop == nullptr ? nullptr : stop + 1;
  }
  if (IsNull(at) || std::memcmp(at, "true", 4) == 0) return at + 4;
  if (std::memcmp(at, "false", 5) == 0) return at + 5;
  return SkipNumber(at, end);
}

// A value that nobody wants, whatever is nested in it, `depth` levels deep at
// most.
const char* SkipValue(const char* at, const char* end, int depth) {
  if (*at != '{' && *at != '[') return SkipScalar(at, end);
  if (depth == 0) return nullptr;
  const bool is_object = *at == '{';
  const char close = is_object ? '}' : ']';
  at = SkipSpace(at + 1, end);
  if (*at == close) return at + 1;
  while (at < end) {
    if (is_object) {
      if (*at != '"') return nullptr;
      at = SkipString(at + 1, end, /*stop_at_escape=*/false);
      if (at == nullptr) return nullptr;
      at = SkipSpace(at + 1, end);
      if (*at != ':') return nullptr;
      at = SkipSpace(at + 1, end);
    }
    at = SkipValue(at, end, depth - 1);
    if (at == nullptr) return nullptr;
    at = SkipSpace(at, end);
    if (*at == close) return at + 1;
    if (*at != ',') return nullptr;
    at = SkipSpace(at + 1, end);
  }
  return nullptr;
}

}  // namespace

LayoutDecoder::Outcome LayoutDecoder::Decode(const RawRecord& record,
                                             uint32_t row) {
  if (gave_up_) return Outcome::kMiss;
  const char* end = record.data + record.size_bytes;
  for (size_t i = 0; i < layouts_.size(); ++i) {
    const Outcome outcome = Run(layouts_[i], record.data, end, row);
    if (outcome == Outcome::kMiss) continue;
    ++layouts_[i].hits;
    if (i > 0 && layouts_[i].hits > layouts_[i - 1].hits) {
      std::swap(layouts_[i], layouts_[i - 1]);
    }
    ++tried_;
    return outcome;
  }
  ++missed_;
  if (++tried_ >= kWindow) {
    gave_up_ = missed_ > tried_ / 2;
    tried_ = missed_ = 0;
  }
  return Outcome::kMiss;
}

void LayoutDecoder::Learn(const RawRecord& record) {
  if (gave_up_ || layouts_.size() == kMostLayouts ||
      learned_ == kMostLearned) {
    return;
  }
  ++learned_;
  auto layout = LearnJsonLayout({record.data, record.size_bytes}, options_,
                                projection_, layouts_.size() >= kManyLayouts);
  if (!layout) return;
  for (const JsonLayout& known : layouts_) {
    if (known.SameAs(*layout)) return;
  }
  layouts_.push_back(*std::move(layout));
}

LayoutDecoder::Outcome LayoutDecoder::Run(JsonLayout& layout, const char* at,
                                          const char* end, uint32_t row) {
  const char* literals = layout.literals.data();
  nulls_.clear();
  for (JsonLayout::Step& step : layout.steps) {
    const __m256i seen =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i expected = _mm256_loadu_si256(
        reinterpret_cast<const __m256i*>(literals + step.literal));
    const uint32_t same = static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(seen, expected)));
    if ((~same & step.literal_mask) != 0) return Outcome::kMiss;
    at += step.literal_size;
    if (at > end) return Outcome::kMiss;
    int64_t number = 0;
    const char* behind = nullptr;
    switch (step.kind) {
      case JsonLayout::Kind::kNone: continue;
      case JsonLayout::Kind::kInteger:
        behind = ReadInteger(at, step.physical, *step.column, row, &number);
        break;
      case JsonLayout::Kind::kString:
        behind = ReadString(at, end, *step.column, row);
        break;
      case JsonLayout::Kind::kTimestamp:
        behind = ReadTimestamp(at, end, step, row);
        break;
      case JsonLayout::Kind::kScalar:
        behind = ReadScalar(at, end, options_.timestamp_standard, *step.column,
                            row);
        break;
      case JsonLayout::Kind::kSkip:
        behind = SkipValue(at, end, kMostSkippedDepth);
        break;
    }
    if (behind == nullptr) [[unlikely]] {
      if (step.column == nullptr || !IsNull(at)) return Outcome::kMiss;
      if (step.filter) return Outcome::kFiltered;
      nulls_.push_back(step.column);
      at += 4;
      continue;
    }
    at = behind;
    if (at > end) return Outcome::kMiss;  // A run was read in whole blocks.
    if (step.filter && number != step.filter->equals) {
      return Outcome::kFiltered;
    }
  }
  if (at != end && (at > end || SkipSpace(at, end) != end)) {
    return Outcome::kMiss;
  }
  for (ColumnBuilder* column : layout.nulls) column->SetNull(row);
  for (ColumnBuilder* column : nulls_) column->SetNull(row);
  for (ColumnBuilder* column : layout.present) column->SetPresent(row);
  return Outcome::kRow;
}

}  // namespace millrace
