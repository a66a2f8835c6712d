#include "connectors/formats/json/json_layout.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/formats/json/json_scalar.h"
#include "connectors/formats/json/json_scan.h"

namespace millrace {
namespace {

constexpr uint32_t kBlockBytes = 32;

bool IsDigit(char c) { return static_cast<uint8_t>(c - '0') < 10; }

// Whether the `size` bytes at `at` are the literal's. Both may be read up to
// the end of their last block.
bool SameBytes(const char* at, const char* literal, uint32_t size) {
  for (; size > kBlockBytes;
       size -= kBlockBytes, at += kBlockBytes, literal += kBlockBytes) {
    const __m256i equal = _mm256_cmpeq_epi8(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(literal)));
    if (static_cast<uint32_t>(_mm256_movemask_epi8(equal)) != ~0u) return false;
  }
  const __m256i equal = _mm256_cmpeq_epi8(
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)),
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(literal)));
  const uint32_t differ =
      ~static_cast<uint32_t>(_mm256_movemask_epi8(equal));
  return (differ & ((uint64_t{1} << size) - 1)) == 0;
}

// The byte that a one-letter escape stands for; 0: there is no such escape,
// or it is \u, which is left to the walker.
char Unescaped(char letter) {
  switch (letter) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

// The end of the string whose first byte behind the quote is at `at`: behind
// its closing quote. Null: it holds what is left to the walker.
const char* SkipString(const char* at, const char* end) {
  while (true) {
    at = SkipPlain(at, end);
    if (at == end) return nullptr;
    if (*at == '"') return at + 1;
    if (*at != '\\' || Unescaped(at[1]) == 0) return nullptr;
    at += 2;
  }
}

bool StartsWith(const char* at, const char* end, absl::string_view word) {
  return static_cast<size_t>(end - at) >= word.size() &&
         std::memcmp(at, word.data(), word.size()) == 0;
}

}  // namespace

// Walks one valid record and notes its shape.
class JsonLayout::Learner {
 public:
  Learner(absl::string_view record, const JsonOptions& options,
          JsonLayout& layout)
      : at_(record.data()),
        end_(record.data() + record.size()),
        options_(options),
        layout_(layout) {}

  bool Learn(JsonNode& root) {
    Spaces();
    if (!Object(&root)) return false;
    Spaces();
    CloseLiteral(Step());
    return at_ == end_;
  }

 private:
  void Take(size_t bytes) {
    literal_.append(at_, bytes);
    at_ += bytes;
  }
  void Spaces() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' ||
                          *at_ == '\r')) {
      Take(1);
    }
  }
  bool Sign(char sign) {
    if (at_ == end_ || *at_ != sign) return false;
    Take(1);
    return true;
  }

  void CloseLiteral(Step step) {
    step.literal_bytes = static_cast<uint32_t>(literal_.size());
    literal_.resize((literal_.size() / kBlockBytes + 1) * kBlockBytes);
    step.literal = std::exchange(literal_, "");
    layout_.steps_.push_back(std::move(step));
  }

  bool Object(JsonNode* node) {
    if (!Sign('{')) return false;
    std::vector<const JsonNode*> seen;
    Spaces();
    bool more = at_ < end_ && *at_ != '}';
    while (more) {
      if (!Field(node, seen)) return false;
      Spaces();
      more = Sign(',');
      Spaces();
    }
    if (!Sign('}')) return false;
    if (node == nullptr) return true;
    if (node->column != nullptr) layout_.present_.push_back(node->column);
    for (JsonNode& child : node->children) {
      if (std::find(seen.begin(), seen.end(), &child) != seen.end()) continue;
      if (options_.fail_on_missing_field) return false;
      layout_.nulls_.push_back(&child);
    }
    return true;
  }

  bool Field(JsonNode* node, std::vector<const JsonNode*>& seen) {
    if (!Sign('"')) return false;
    const char* key_end = SkipPlain(at_, end_);
    if (key_end == end_ || *key_end != '"') return false;
    const absl::string_view key(at_, key_end - at_);
    JsonNode* child = nullptr;
    for (size_t i = 0; node != nullptr && i < node->children.size(); ++i) {
      if (node->children[i].name == key) child = &node->children[i];
    }
    // Of a key that comes twice the walker knows which value counts.
    if (child != nullptr) {
      if (std::find(seen.begin(), seen.end(), child) != seen.end()) {
        return false;
      }
      seen.push_back(child);
    }
    Take(key.size() + 1);
    Spaces();
    if (!Sign(':')) return false;
    Spaces();
    return Value(child);
  }

  bool Value(JsonNode* node) {
    if (at_ == end_) return false;
    const bool scalar =
        node == nullptr || node->kind == JsonNode::Kind::kScalar;
    if (*at_ == '{') {
      return (node == nullptr || node->kind == JsonNode::Kind::kObject) &&
             Object(node);
    }
    if (*at_ == '[') return false;
    if (*at_ == 'n' && (node == nullptr || !scalar)) {
      Take(4);
      if (node != nullptr) layout_.nulls_.push_back(node);
      return true;
    }
    if (!scalar) return false;
    CloseLiteral({.kind = KindOf(node),
                  .column = node == nullptr ? nullptr : node->column});
    return SkipScalar();
  }

  SlotKind KindOf(const JsonNode* node) const {
    if (node == nullptr) return SlotKind::kIgnored;
    const LogicalType& type = node->column->type();
    if (type.Is(TypeRoot::kBigInt)) return SlotKind::kBigInt;
    if (type.IsCharacter()) return SlotKind::kText;
    if (type.Is(TypeRoot::kTimestamp) && type.precision() == 3 &&
        options_.timestamp_standard == TimestampStandard::kSql) {
      return SlotKind::kMillis;
    }
    return SlotKind::kOther;
  }

  bool SkipScalar() {
    const char* after = at_;
    if (*at_ == '"') {
      after = SkipString(at_ + 1, end_);
      if (after == nullptr) return false;
    } else {
      while (after < end_ && *after != ',' && *after != '}' && *after > ' ') {
        ++after;
      }
    }
    at_ = after;
    return true;
  }

  const char* at_;
  const char* const end_;
  const JsonOptions& options_;
  JsonLayout& layout_;
  std::string literal_;
};

std::optional<JsonLayout> JsonLayout::Learn(absl::string_view record,
                                            const JsonOptions& options,
                                            JsonProjection& projection) {
  JsonLayout layout(options.timestamp_standard);
  if (!Learner(record, options, layout).Learn(projection.root())) {
    return std::nullopt;
  }
  return layout;
}

bool JsonLayout::Read(const RawRecord& record, uint32_t row) {
  const char* at = record.data;
  const char* const end = at + record.size_bytes;
  const size_t last = steps_.size() - 1;
  for (size_t i = 0; i < last; ++i) {
    const Step& step = steps_[i];
    if (end - at < step.literal_bytes ||
        !SameBytes(at, step.literal.data(), step.literal_bytes)) {
      return false;
    }
    at = ReadSlot(step, at + step.literal_bytes, end, row);
    if (at == nullptr) return false;
  }
  const Step& step = steps_[last];
  if (end - at != step.literal_bytes ||
      !SameBytes(at, step.literal.data(), step.literal_bytes)) {
    return false;
  }
  for (ColumnBuilder* column : present_) column->SetPresent(row);
  for (JsonNode* node : nulls_) node->SetNull(row);
  return true;
}

const char* JsonLayout::ReadSlot(const Step& step, const char* at,
                                 const char* end, uint32_t row) {
  switch (step.kind) {
    case SlotKind::kBigInt: {
      uint64_t value;
      const char* after = ReadDigits(at, &value);
      if (after == nullptr || *after == '.' || (*after | 0x20) == 'e') break;
      step.column->Set(row, static_cast<int64_t>(value));
      return after;
    }
    case SlotKind::kText:
      if (*at != '"') break;
      return ReadText(*step.column, at + 1, end, row);
    case SlotKind::kMillis: {
      if (*at != '"' || end - at < 25 || at[24] != '"') break;
      int64_t millis;
      if (!ParseSqlTimestampMillis({at + 1, 23}, &date_cache_, &millis)) break;
      step.column->Set(row, millis);
      return at + 25;
    }
    case SlotKind::kIgnored:
      if (*at == '"') return SkipString(at + 1, end);
      break;
    case SlotKind::kOther: break;
  }
  return ReadOther(step, at, end, row);
}

const char* JsonLayout::ReadText(ColumnBuilder& column, const char* at,
                                 const char* end, uint32_t row) {
  const char* stop = SkipPlain(at, end);
  if (stop == end) return nullptr;
  if (*stop == '"') {
    column.SetView(row, {at, static_cast<size_t>(stop - at)});
    return stop + 1;
  }
  if (*stop != '\\') return nullptr;
  // Runs between escapes are copied in whole blocks, past their ends.
  StringWriter& writer = column.strings();
  char* const begin = writer.Reserve(end - at + kBlockBytes);
  char* out = begin;
  __m256i block;
  while (at < end) {
    const uint32_t stops = StringStops(at, &block);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), block);
    if (stops == 0) {
      at += kBlockBytes;
      out += kBlockBytes;
      continue;
    }
    const int run = __builtin_ctz(stops);
    at += run;
    out += run;
    if (at >= end) return nullptr;
    if (*at == '"') {
      column.Set(row, writer.Commit(out - begin));
      return at + 1;
    }
    if (*at != '\\') return nullptr;
    *out = Unescaped(at[1]);
    if (*out == 0) return nullptr;
    ++out;
    at += 2;
  }
  return nullptr;
}

const char* JsonLayout::ReadOther(const Step& step, const char* at,
                                  const char* end, uint32_t row) {
  ColumnBuilder* const column = step.column;
  const auto text = [at](const char* after) {
    return absl::string_view(at, after - at);
  };
  if (at == end) return nullptr;
  if (IsDigit(*at) || *at == '-') {
    const char* after = SkipNumber(at, end);
    if (after == nullptr || column == nullptr) return after;
    return SetFromJsonNumber({text(after), true}, *column, row) ? after
                                                                : nullptr;
  }
  if (*at == '"') {
    if (column == nullptr) return SkipString(at + 1, end);
    ++at;
    const char* stop = SkipPlain(at, end);
    if (stop == end || *stop != '"') return nullptr;
    return SetFromJsonString({text(stop), true}, standard_, *column, row)
               ? stop + 1
               : nullptr;
  }
  if (StartsWith(at, end, "null")) {
    if (column != nullptr) column->SetNull(row);
    return at + 4;
  }
  const bool is_true = StartsWith(at, end, "true");
  if (!is_true && !StartsWith(at, end, "false")) return nullptr;
  if (column != nullptr && !SetFromJsonBool(is_true, *column, row)) {
    return nullptr;
  }
  return at + (is_true ? 4 : 5);
}

bool JsonLayouts::Read(const RawRecord& record, uint32_t row) {
  for (size_t i = 0; i < layouts_.size(); ++i) {
    const size_t index = latest_ + i < layouts_.size()
                             ? latest_ + i
                             : latest_ + i - layouts_.size();
    if (layouts_[index].Read(record, row)) {
      latest_ = index;
      fruitless_ = 0;
      return true;
    }
  }
  return false;
}

void JsonLayouts::Learn(const RawRecord& record) {
  if (fruitless_ >= kMostFruitless) return;
  ++fruitless_;
  auto layout = JsonLayout::Learn({record.data, record.size_bytes}, options_,
                                  projection_);
  if (!layout) return;
  if (layouts_.size() < kMostLayouts) {
    layouts_.push_back(*std::move(layout));
  } else {
    layouts_[replace_next_++ % kMostLayouts] = *std::move(layout);
  }
}

}  // namespace millrace
