#include <cmath>

#include "absl/strings/str_cat.h"
#include "connectors/datagen/column_rule.h"
#include "runtime/base/rng.h"

namespace millrace::datagen {
namespace {

// The draws of one row of one column, in order.
Rng DrawsOf(const ColumnRule& rule, int64_t row) {
  return Rng(rule.seed ^ (static_cast<uint64_t>(row) * 0xd1342543de82ef95ull));
}

// Uniform in [min, max], both ends included, the whole of int64 allowed.
int64_t Between(Rng& rng, int64_t min, int64_t max) {
  const uint64_t span =
      static_cast<uint64_t>(max) - static_cast<uint64_t>(min);
  const uint64_t draw =
      span == UINT64_MAX ? rng.Next() : rng.Below(span + 1);
  return static_cast<int64_t>(static_cast<uint64_t>(min) + draw);
}

int64_t IntegerOf(const ColumnRule& rule, int64_t row, const RowTimes& times) {
  if (rule.kind == ColumnRule::Kind::kSequence) return rule.min + row;
  Rng rng = DrawsOf(rule, row);
  if (!rule.type.IsTimestamp()) return Between(rng, rule.min, rule.max);
  const int64_t ms = times.Of(row) - Between(rng, 0, rule.max_past_ms);
  return rule.type.precision() <= 3 ? ms : ms * 1000;
}

double RealOf(const ColumnRule& rule, int64_t row) {
  if (rule.kind == ColumnRule::Kind::kSequence) {
    return static_cast<double>(rule.min + row);
  }
  Rng rng = DrawsOf(rule, row);
  // Halves first: the whole span of DOUBLE would overflow.
  const double middle = rule.real_min / 2 + rule.real_max / 2;
  const double half = rule.real_max / 2 - rule.real_min / 2;
  return middle + (rng.Unit() * 2 - 1) * half;
}

StringView TextOf(const ColumnRule& rule, int64_t row, StringWriter& writer) {
  if (rule.kind == ColumnRule::Kind::kSequence) {
    return writer.Copy(absl::StrCat(rule.min + row));
  }
  Rng rng = DrawsOf(rule, row);
  const int64_t length =
      rule.var_length ? Between(rng, 0, rule.length) : rule.length;
  char* out = writer.Reserve(length);
  for (int64_t i = 0; i < length; ++i) {
    out[i] = "0123456789abcdef"[rng.Next() >> 60];
  }
  return writer.Commit(length);
}

double PowerOfTen(int exponent) { return std::pow(10.0, exponent); }

template <typename T, typename Of>
void Fill(Vector& out, int64_t first, uint32_t count, Of of) {
  for (uint32_t i = 0; i < count; ++i) {
    out.data<T>()[i] = static_cast<T>(of(first + i));
  }
}

void FillValues(const ColumnRule& rule, int64_t first, uint32_t count,
                const RowTimes& times, Vector& out) {
  const auto integer = [&](int64_t row) {
    return IntegerOf(rule, row, times);
  };
  const auto real = [&](int64_t row) { return RealOf(rule, row); };
  const bool decimal = rule.type.Is(TypeRoot::kDecimal);
  const double unit = decimal ? PowerOfTen(rule.type.scale()) : 1;
  const auto unscaled = [&](int64_t row) { return RealOf(rule, row) * unit; };
  switch (rule.type.physical()) {
    case PhysicalType::kBool: return Fill<uint8_t>(out, first, count, integer);
    case PhysicalType::kInt8: return Fill<int8_t>(out, first, count, integer);
    case PhysicalType::kInt16: return Fill<int16_t>(out, first, count, integer);
    case PhysicalType::kInt32: return Fill<int32_t>(out, first, count, integer);
    case PhysicalType::kInt64:
      if (decimal) return Fill<int64_t>(out, first, count, unscaled);
      return Fill<int64_t>(out, first, count, integer);
    case PhysicalType::kInt128:
      return Fill<__int128>(out, first, count, unscaled);
    case PhysicalType::kFloat: return Fill<float>(out, first, count, real);
    case PhysicalType::kDouble: return Fill<double>(out, first, count, real);
    case PhysicalType::kTimeNanos:
      for (uint32_t i = 0; i < count; ++i) {
        out.data<TimeNanos>()[i] = {.millis = integer(first + i) / 1000};
      }
      return;
    case PhysicalType::kString: {
      StringWriter writer;
      for (uint32_t i = 0; i < count; ++i) {
        out.data<StringView>()[i] = TextOf(rule, first + i, writer);
      }
      out.AddChunks(writer.TakeChunks());
      return;
    }
    case PhysicalType::kRow:
    case PhysicalType::kList:
    case PhysicalType::kMap:
    case PhysicalType::kNull:
      MILLRACE_CHECK(false);
  }
}

}  // namespace

VectorRef MakeColumn(const ColumnRule& rule, int64_t first, uint32_t count,
                     const RowTimes& times) {
  auto out = std::make_shared<Vector>(rule.type.physical(), count);
  FillValues(rule, first, count, times, *out);
  if (rule.null_rate > 0) {
    for (uint32_t i = 0; i < count; ++i) {
      Rng rng(~rule.seed ^ (static_cast<uint64_t>(first + i) << 1));
      if (rng.Unit() < rule.null_rate) out->SetNull(i);
    }
  }
  return out;
}

}  // namespace millrace::datagen
