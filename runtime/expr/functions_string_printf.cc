// PRINTF(format, value...): java.util.Formatter over Flink's inner values, in
// which dates are day numbers and intervals milliseconds.

#include <cmath>
#include <cstdio>

#include "absl/strings/match.h"
#include "runtime/expr/decimal_column.h"
#include "runtime/expr/decimal_digits.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/java_format.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"
#include "runtime/types/datetime_text.h"
#include "runtime/types/decimal_text.h"
#include "runtime/types/java_number_text.h"

namespace millrace {
namespace {

constexpr int kMostFloatDigits = 400;

// One argument of one row.
class FormatValue {
 public:
  FormatValue(const Vector& vector, const LogicalType& type, uint32_t row)
      : vector_(vector), type_(type), row_(row) {}

  bool is_null() const { return vector_.IsNull(row_); }

  // Appends the value by `spec`; false where Java's Formatter refuses it.
  bool Append(const FormatSpec& spec, std::string& out) const {
    if (is_null()) {
      const bool boolean = spec.conversion == 'b' || spec.conversion == 'B';
      AppendFormatted(boolean ? "false" : "null", spec, out);
      return true;
    }
    switch (spec.conversion) {
      case 's': case 'S': AppendText(spec, out); return true;
      case 'b': case 'B':
        AppendFormatted(Is(PhysicalType::kBool) && !At<uint8_t>() ? "false"
                                                                  : "true",
                        spec, out);
        return true;
      case 'd': return AppendInteger(spec, out);
      case 'o': case 'x': case 'X': return AppendBits(spec, out);
      case 'c': case 'C': return AppendCharacter(spec, out);
      default: return AppendReal(spec, out);
    }
  }

 private:
  bool Is(PhysicalType physical) const {
    return vector_.physical() == physical;
  }
  template <typename T>
  T At() const {
    return vector_.data<T>()[row_ & vector_.index_mask()];
  }
  bool IsInteger() const {
    return type_.IsIntegral() || type_.Is(TypeRoot::kDate) ||
           type_.Is(TypeRoot::kTime) || type_.IsInterval();
  }
  int64_t Integer() const {
    switch (vector_.physical()) {
      case PhysicalType::kInt8: return At<int8_t>();
      case PhysicalType::kInt16: return At<int16_t>();
      case PhysicalType::kInt32: return At<int32_t>();
      default: return At<int64_t>();
    }
  }

  void AppendText(const FormatSpec& spec, std::string& out) const {
    char text[kMaxDateTimeTextLength + kMaxDecimalTextLength];
    char* end = text;
    if (Is(PhysicalType::kString)) {
      const StringView value = At<StringView>();
      AppendFormatted(value.view(), spec, out);
      return;
    }
    if (Is(PhysicalType::kBool)) {
      AppendFormatted(At<uint8_t>() ? "true" : "false", spec, out);
      return;
    }
    if (IsInteger()) {
      end = WriteInteger(Integer(), text);
    } else if (Is(PhysicalType::kFloat)) {
      end = WriteJavaFloat(At<float>(), text);
    } else if (Is(PhysicalType::kDouble)) {
      end = WriteJavaDouble(At<double>(), text);
    } else if (type_.Is(TypeRoot::kDecimal)) {
      end = WriteDecimal({DecimalColumn(vector_)[row_], type_.scale()}, text);
    } else {
      end = WriteLocalDateTime(text);
    }
    AppendFormatted(absl::string_view(text, end - text), spec, out);
  }

  // "2024-07-30T10:24": no seconds when they are zero, else a fraction of 0,
  // 3, 6 or 9 digits.
  char* WriteLocalDateTime(char* text) const {
    const TimeNanos time = TimeColumn(vector_, type_, nullptr)[row_];
    char* end = WriteTimestamp(time, 9, text);
    text[10] = 'T';
    for (int digits = 9; digits > 0; digits -= 3) {
      if (!absl::EndsWith(absl::string_view(text, end - text), "000")) break;
      end -= 3;
    }
    if (end[-1] != '.') return end;
    --end;
    return absl::EndsWith(absl::string_view(text, end - text), ":00")
               ? end - 3
               : end;
  }

  bool AppendInteger(const FormatSpec& spec, std::string& out) const {
    if (!IsInteger() || spec.precision >= 0) return false;
    char text[kMaxJavaNumberLength];
    char* const end = WriteInteger(Integer(), text);
    const bool negative = text[0] == '-';
    AppendNumber(absl::string_view(text + negative, end - text - negative),
                 negative, spec, out);
    return true;
  }

  // Two's complement of the type's own width.
  bool AppendBits(const FormatSpec& spec, std::string& out) const {
    if (!IsInteger()) return false;
    uint64_t bits = static_cast<uint64_t>(Integer());
    const size_t bytes = ValueWidth(vector_.physical());
    if (bytes < 8) bits &= (uint64_t{1} << (8 * bytes)) - 1;
    char text[32];
    const int size = std::snprintf(
        text, sizeof(text), spec.conversion == 'o' ? "%lo" : "%lx", bits);
    const absl::string_view digits(text, size);
    if (spec.zeros) {
      AppendNumber(digits, false, spec, out);
    } else {
      AppendFormatted(digits, spec, out);
    }
    return true;
  }

  bool AppendCharacter(const FormatSpec& spec, std::string& out) const {
    if (!type_.IsIntegral() || type_.Is(TypeRoot::kBigInt)) return false;
    const int64_t code = Integer();
    if (code < 0 || code > 0x10FFFF) return false;
    char text[kMaxCharacterBytes];
    const char* const end =
        EncodeCharacter(static_cast<char32_t>(code), text);
    AppendFormatted(absl::string_view(text, end - text), spec, out);
    return true;
  }

  // %f and %e, rounded half up from the digits Java prints.
  bool AppendReal(const FormatSpec& spec, std::string& out) const {
    double value = 0;
    if (Is(PhysicalType::kFloat)) {
      value = At<float>();
    } else if (Is(PhysicalType::kDouble)) {
      value = At<double>();
    } else if (type_.Is(TypeRoot::kDecimal)) {
      value =
          DecimalToDouble({DecimalColumn(vector_)[row_], type_.scale()});
    } else {
      return false;
    }
    const int precision = spec.precision < 0 ? 6 : spec.precision;
    if (precision > kMostFloatDigits) return false;
    char text[2 * kMostFloatDigits];
    const bool fixed = spec.conversion == 'f';
    if (fixed) value = CutDouble(value, precision, CutDigits::kHalfUp);
    const int size = std::snprintf(
        text, sizeof(text),
        fixed ? "%.*f" : (spec.conversion == 'e' ? "%.*e" : "%.*E"),
        precision, std::fabs(value));
    AppendNumber(absl::string_view(text, size), std::signbit(value), spec,
                 out);
    return true;
  }

  const Vector& vector_;
  const LogicalType& type_;
  uint32_t row_;
};

// One row; false: NULL, as Flink answers what its Formatter refuses.
bool Format(absl::string_view format, const KernelCall& call, uint32_t row,
            std::span<const LogicalType> types, std::string& out) {
  size_t next = 1;
  for (size_t at = 0; at < format.size();) {
    const size_t percent = std::min(format.find('%', at), format.size());
    out.append(format.data() + at, percent - at);
    if (percent == format.size()) return true;
    at = percent + 1;
    FormatSpec spec;
    if (!ParseFormatSpec(format, &at, &spec)) return false;
    if (spec.conversion == '%' || spec.conversion == 'n') {
      AppendFormatted(spec.conversion == 'n' ? "\n" : "%", spec, out);
      continue;
    }
    const size_t index = spec.index > 0 ? spec.index : next++;
    if (index >= call.args.size()) return false;
    const FormatValue value(*call.args[index], types[index], row);
    if (!value.Append(spec, out)) return false;
  }
  return true;
}

absl::StatusOr<std::unique_ptr<Kernel>> PrintfFactory(
    const KernelSource& source) {
  std::vector<LogicalType> types;
  for (const ArgumentInfo& arg : source.args) types.push_back(arg.type);
  return MakeKernel([types = std::move(types), made = std::string()](
                        const KernelCall& call) mutable {
    const Column<StringView> format(*call.args[0]);
    StringView* const out = call.out->data<StringView>();
    StringWriter writer;
    call.rows.ForEach([&](uint32_t row) {
      made.clear();
      const bool fits =
          !call.args[0]->IsNull(row) &&
          Format(format[row].view(), call, row, types, made);
      if (!fits) call.out->SetNull(row);
      out[row] = fits ? writer.Copy(made) : StringView();
    });
    call.out->AddChunks(writer.TakeChunks());
  });
}

absl::StatusOr<ResolvedCall> ResolvePrintf(
    std::span<const ArgumentInfo> args) {
  ResolvedCall call;
  bool fits = !args.empty() && (args[0].type.IsCharacter() ||
                                args[0].type.Is(TypeRoot::kNull));
  for (const ArgumentInfo& arg : args) {
    fits &= !arg.type.IsNested();
    call.args.push_back(arg.type.Is(TypeRoot::kNull) ? LogicalType::String()
                                                     : arg.type);
  }
  if (!fits) {
    return SignatureMismatch("PRINTF", "PRINTF(format[, value]*)", args);
  }
  call.result = LogicalType::String();
  return call;
}

}  // namespace

void RegisterStringPrintfFunctions(FunctionRegistry& registry) {
  registry.Add(ResolvedEntry("PRINTF", "PRINTF(format[, value]*)",
                             ResolvePrintf, PrintfFactory,
                             {.null_in_null_out = false}));
}

}  // namespace millrace
