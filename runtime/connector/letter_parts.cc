#include "runtime/connector/letter_parts.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/connector/length_prefix.h"

namespace millrace {
namespace {

constexpr char kPayload[] = "millrace/letter-parts";
// In the place of a field that is not there.
constexpr char kNone[] = "-:";

class FieldWriter {
 public:
  void Text(absl::string_view text) { AppendWithLength(text, bytes_); }
  void None() { bytes_ += kNone; }
  void Optional(const std::optional<std::string>& text) {
    text ? Text(*text) : None();
  }
  template <typename T>
  void Number(T number) {
    Text(absl::StrCat(number));
  }
  template <typename T>
  void Optional(const std::optional<T>& number) {
    number ? Number(*number) : None();
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Once a field is not there as it should be, nothing is.
class FieldReader {
 public:
  explicit FieldReader(absl::string_view bytes) : left_(bytes) {}

  std::optional<std::string> Optional() {
    if (absl::ConsumePrefix(&left_, kNone)) return std::nullopt;
    const std::optional<uint64_t> size = TakeLengthPrefix(left_);
    if (!size || *size > left_.size()) return Fail();
    std::string text(left_.substr(0, *size));
    left_.remove_prefix(*size);
    return text;
  }
  std::string Text() {
    auto text = Optional();
    if (!text) Fail();
    return std::move(text).value_or("");
  }
  template <typename T>
  std::optional<T> OptionalNumber() {
    const auto text = Optional();
    if (!text) return std::nullopt;
    T number = 0;
    if (!absl::SimpleAtoi(*text, &number)) Fail();
    return number;
  }
  template <typename T>
  T Number() {
    const auto number = OptionalNumber<T>();
    if (!number) Fail();
    return number.value_or(0);
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && left_.empty(); }

 private:
  std::nullopt_t Fail() {
    ok_ = false;
    left_ = {};
    return std::nullopt;
  }

  absl::string_view left_;
  bool ok_ = true;
};

}  // namespace

std::string LetterRecord::ToBytes() const {
  const MessageParts message = parts.message.value_or(MessageParts());
  FieldWriter out;
  out.Text(origin.source);
  out.Optional(origin.partition);
  out.Optional(origin.position);
  out.Text(origin.raw);
  out.Number(static_cast<int>(parts.message.has_value()));
  out.Optional(message.key);
  out.Number(static_cast<int>(message.has_value));
  out.Number(static_cast<int>(message.bad_key));
  out.Number(message.time_ms);
  out.Optional(parts.cut ? std::optional(parts.cut->size_bytes) : std::nullopt);
  out.Optional(parts.cut ? std::optional(parts.cut->hash) : std::nullopt);
  out.Number(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    out.Text(name);
    out.Optional(value);
  }
  return out.Take();
}

std::optional<LetterRecord> LetterRecord::FromBytes(absl::string_view bytes) {
  FieldReader in(bytes);
  LetterRecord record;
  record.origin.source = in.Text();
  record.origin.partition = in.OptionalNumber<int32_t>();
  record.origin.position = in.OptionalNumber<int64_t>();
  record.origin.raw = in.Text();
  const bool is_message = in.Number<int>() != 0;
  MessageParts message = {.key = in.Optional()};
  message.has_value = in.Number<int>() != 0;
  message.bad_key = in.Number<int>() != 0;
  message.time_ms = in.Number<int64_t>();
  const auto size = in.OptionalNumber<int64_t>();
  const auto hash = in.OptionalNumber<uint64_t>();
  if (size && hash) record.parts.cut = {*size, *hash};
  for (auto left = in.Number<uint64_t>(); in.ok() && left > 0; --left) {
    std::string name = in.Text();
    message.headers.emplace_back(std::move(name), in.Optional());
  }
  if (is_message) record.parts.message = std::move(message);
  if (!in.at_end()) return std::nullopt;
  return record;
}

void Attach(const LetterParts& parts, absl::Status& error) {
  error.SetPayload(kPayload, absl::Cord(LetterRecord{{}, parts}.ToBytes()));
}

LetterParts LetterPartsOf(const absl::Status& error) {
  const auto payload = error.GetPayload(kPayload);
  if (!payload) return {};
  auto record = LetterRecord::FromBytes(std::string(*payload));
  return record ? std::move(record->parts) : LetterParts();
}

}  // namespace millrace
