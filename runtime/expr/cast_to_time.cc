#include <memory>

#include "runtime/expr/cast_targets.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/temporal_column.h"
#include "runtime/types/datetime_text.h"

namespace millrace {
namespace {

constexpr int kAllDigits = 9;

bool ParseAs(const LogicalType& to, absl::string_view text, TimeNanos* out) {
  int32_t part = 0;
  switch (to.root()) {
    case TypeRoot::kDate:
      if (!ParseDateText(text, &part)) return false;
      *out = {part * kMillisPerDay, 0};
      return true;
    case TypeRoot::kTime:
      if (!ParseTimeText(text, to.precision(), &part)) return false;
      *out = {part, 0};
      return true;
    default: return ParseTimestampText(text, kAllDigits, out);
  }
}

std::unique_ptr<Kernel> FromText(const LogicalType& to, const TimeZone& zone) {
  auto clock = std::make_shared<LocalClock>(zone);
  return MakeKernel([to, clock](const KernelCall& call) {
    const Column<StringView> texts(*call.args[0]);
    TemporalWriter out(*call.out, to);
    const bool local = to.Is(TypeRoot::kTimestampLtz);
    call.rows.ForEach([&](uint32_t row) {
      const absl::string_view text = texts[row].view();
      TimeNanos value;
      if (!ParseAs(to, text, &value)) [[unlikely]] {
        call.errors->Add(row, CannotCast(text, to));
        return ClearRow(*call.out, row);
      }
      if (local) value.millis = clock->ToUtc(value.millis);
      out.Set(row, value);
    });
  });
}

}  // namespace

std::unique_ptr<Kernel> CastToTime(const LogicalType& from,
                                   const LogicalType& to,
                                   const TimeZone& zone) {
  if (from.IsCharacter()) return FromText(to, zone);
  auto clock = std::make_shared<LocalClock>(zone);
  const bool from_utc = from.Is(TypeRoot::kTimestampLtz);
  const bool to_utc = to.Is(TypeRoot::kTimestampLtz);
  return MakeKernel([=](const KernelCall& call) {
    const TemporalColumn values(*call.args[0], from);
    TemporalWriter out(*call.out, to);
    call.rows.ForEach([&](uint32_t row) {
      TimeNanos value = values[row];
      if (from_utc && !to_utc) {
        value.millis = clock->ToLocal(value.millis);
      } else if (to_utc && !from_utc) {
        value.millis = clock->ToUtc(value.millis);
      }
      out.Set(row, value);
    });
  });
}

}  // namespace millrace
