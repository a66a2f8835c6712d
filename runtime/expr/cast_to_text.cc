#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "runtime/expr/cast_targets.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/text_of_value.h"

namespace millrace {
namespace {

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Bytes of the first `characters` characters of UTF-8 text; adds up in `count`
// how many there are. A text of no more bytes than that needs no look.
size_t PrefixBytes(absl::string_view text, int characters, int* count) {
  size_t at = 0;
  *count = 0;
  while (at < text.size() && *count < characters) {
    ++at;
    while (at < text.size() && IsContinuation(text[at])) ++at;
    ++*count;
  }
  return at;
}

// CHAR(n) is padded and both are cut to n characters.
class LengthRule {
 public:
  explicit LengthRule(const LogicalType& to)
      : length_(to.length()),
        pads_(to.Is(TypeRoot::kChar)),
        unlimited_(to.length() == LogicalType::kMaxLength) {}

  // A view of `text` where it is right as it stands.
  StringView Apply(const StringView& text, StringWriter& writer) const {
    if (Suits(text.size())) return text;
    return Fit(text.view(), writer);
  }
  // A copy of `text`.
  StringView Copy(absl::string_view text, StringWriter& writer) const {
    if (Suits(text.size())) return writer.Copy(text);
    return Fit(text, writer);
  }

 private:
  bool Suits(size_t bytes) const {
    return unlimited_ || (!pads_ && bytes <= static_cast<size_t>(length_));
  }

  StringView Fit(absl::string_view text, StringWriter& writer) const {
    int count = 0;
    const size_t bytes = PrefixBytes(text, length_, &count);
    const size_t padding = pads_ ? length_ - count : 0;
    char* const room = writer.Reserve(bytes + padding);
    std::memcpy(room, text.data(), bytes);
    std::memset(room + bytes, ' ', padding);
    return writer.Commit(bytes + padding);
  }

  int length_;
  bool pads_;
  bool unlimited_;
};

std::unique_ptr<Kernel> FromText(const LengthRule& rule) {
  return MakeKernel([rule](const KernelCall& call) {
    StringLoop<StringView>(
        call, [&rule](const StringView& text, StringWriter& writer) {
          return rule.Apply(text, writer);
        });
    ShareChunks(call, 0);
  });
}

std::unique_ptr<Kernel> FromScalar(const LengthRule& rule,
                                   std::shared_ptr<TextOfValue> text) {
  return MakeKernel([rule, text](const KernelCall& call) {
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    call.rows.ForEach([&](uint32_t row) {
      char buffer[TextOfValue::kMaxScalarLength];
      char* const end = text->WriteScalar(*call.args[0], row, buffer);
      const absl::string_view written(buffer, end - buffer);
      out[row] = rule.Copy(written, writer);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

std::unique_ptr<Kernel> FromNested(const LengthRule& rule,
                                   std::shared_ptr<TextOfValue> text) {
  return MakeKernel([rule, text, buffer = std::string()](
                        const KernelCall& call) mutable {
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    call.rows.ForEach([&](uint32_t row) {
      text->Write(*call.args[0], row, buffer);
      out[row] = rule.Copy(buffer, writer);
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

}  // namespace

std::unique_ptr<Kernel> CastToText(const LogicalType& from,
                                   const LogicalType& to,
                                   const TimeZone& zone) {
  const LengthRule rule(to);
  if (from.IsCharacter() || from.IsBinary()) return FromText(rule);
  auto text = std::make_shared<TextOfValue>(from, zone);
  if (from.IsNested()) return FromNested(rule, std::move(text));
  return FromScalar(rule, std::move(text));
}

// BINARY(n) is filled with zero bytes, both are cut to n bytes.
std::unique_ptr<Kernel> CastToBytes(const LogicalType&,
                                    const LogicalType& to) {
  const auto length = static_cast<uint32_t>(to.length());
  const bool pads = to.Is(TypeRoot::kBinary);
  return MakeKernel([=](const KernelCall& call) {
    StringLoop<StringView>(
        call, [=](const StringView& bytes, StringWriter& writer) {
          const uint32_t size = bytes.size();
          if (size == length || (size < length && !pads)) return bytes;
          if (size > length) {
            return writer.Copy(bytes.view().substr(0, length));
          }
          char* const room = writer.Reserve(length);
          std::memcpy(room, bytes.data(), size);
          std::memset(room + size, 0, length - size);
          return writer.Commit(length);
        });
    ShareChunks(call, 0);
  });
}

}  // namespace millrace
