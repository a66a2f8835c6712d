// BIN, HEX, UNHEX: numbers and bytes in other bases.

#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_math.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

constexpr char kDigits[] = "0123456789ABCDEF";

// The digits of 2^`shift`, without zeros in front, of two's complement.
template <int shift>
StringView Digits(int64_t number, StringWriter& writer) {
  char digits[64];
  char* begin = digits + sizeof(digits);
  uint64_t rest = static_cast<uint64_t>(number);
  do {
    *--begin = kDigits[rest & ((1 << shift) - 1)];
    rest >>= shift;
  } while (rest != 0);
  return writer.Copy(
      absl::string_view(begin, digits + sizeof(digits) - begin));
}

void BinKernel(const KernelCall& call) {
  StringLoop<int64_t>(call, [](int64_t number, StringWriter& writer) {
    return Digits<1>(number, writer);
  });
}

void HexKernel(const KernelCall& call) {
  if (call.args[0]->physical() != PhysicalType::kString) {
    StringLoop<int64_t>(call, [](int64_t number, StringWriter& writer) {
      return Digits<4>(number, writer);
    });
    return;
  }
  StringLoop<StringView>(call, [](const StringView& bytes,
                                  StringWriter& writer) {
    char* const begin = writer.Reserve(bytes.size() * size_t{2});
    char* out = begin;
    for (const char c : bytes.view()) {
      *out++ = kDigits[static_cast<uint8_t>(c) >> 4];
      *out++ = kDigits[c & 15];
    }
    return writer.Commit(out - begin);
  });
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// NULL where a digit is none. Of an odd number of digits the first makes a zero
// byte, whatever its value: Flink's answer, kept.
void UnhexKernel(const KernelCall& call) {
  const Column<StringView> text(*call.args[0]);
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    const absl::string_view digits = text[row].view();
    char* const begin = writer.Reserve(digits.size() / 2 + 1);
    char* end = begin;
    bool valid = true;
    int high = digits.size() % 2 == 0 ? -1 : 0;
    for (const char c : digits) {
      const int value = HexValue(c);
      valid &= value >= 0;
      if (!valid) break;
      if (high < 0) {
        high = value;
      } else {
        *end++ = static_cast<char>(high * 16 + value);
        high = -1;
      }
    }
    if (digits.size() % 2 == 1) *begin = 0;
    if (!valid) call.out->SetNull(row);
    out[row] = valid ? writer.Commit(end - begin) : StringView();
  });
  call.out->AddChunks(writer.TakeChunks());
}

}  // namespace

void RegisterMathHexFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  registry.Add(Entry("BIN", "BIN(integer)", {{{number}, text}}, BinKernel));
  registry.Add(Entry("HEX", "HEX(numeric)\nHEX(string)",
                     {{{number}, text},
                      {{text}, text},
                      {{LogicalType::Bytes()}, text}},
                     HexKernel));
  registry.Add(Entry("UNHEX", "UNHEX(expr)",
                     {{.args = {text},
                       .result = LogicalType::Bytes(),
                       .always_nullable = true}},
                     UnhexKernel));
}

}  // namespace millrace
