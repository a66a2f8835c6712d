#include "runtime/expr/arithmetic.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/datetime.h"

namespace millrace {
namespace {

// The part of a literal interval that a TIMESTAMP(0) cannot hold.
int64_t LiteralMillis(const ArgumentInfo& interval) {
  if (interval.literal == nullptr || interval.literal->is_null()) return 0;
  return std::get<int64_t>(interval.literal->data);
}

LogicalType TimePlus(const LogicalType& time, const ArgumentInfo& interval) {
  if (!interval.type.Is(TypeRoot::kIntervalDayTime)) return time;
  const bool fraction = LiteralMillis(interval) % kMillisPerSecond != 0;
  if (time.IsTimestamp() && time.precision() < 3 && fraction) {
    return time.Is(TypeRoot::kTimestamp) ? LogicalType::Timestamp(3)
                                         : LogicalType::TimestampLtz(3);
  }
  return time;
}

// `change` maps ms to ms; finer digits stay.
template <typename Interval, typename Change>
void TimestampLoop(const KernelCall& call, const LogicalType& type,
                   Change change) {
  if (type.precision() <= 3) {
    BinaryLoop<int64_t, int64_t, Interval>(call, change);
  } else if (type.precision() <= 6) {
    BinaryLoop<int64_t, int64_t, Interval>(
        call, [&](int64_t micros, Interval interval) {
          return change(FloorDiv(micros, 1000), interval) * 1000 +
                 FloorMod(micros, 1000);
        });
  } else {
    BinaryLoop<TimeNanos, TimeNanos, Interval>(
        call, [&](TimeNanos value, Interval interval) {
          value.millis = change(value.millis, interval);
          return value;
        });
  }
}

template <typename Interval, typename Change>
void TimePlusLoop(const KernelCall& call, const LogicalType& time,
                  Change change) {
  if (time.IsTimestamp()) {
    return TimestampLoop<Interval>(call, time, change);
  }
  if (time.Is(TypeRoot::kTime)) {
    return BinaryLoop<int32_t, int32_t, Interval>(
        call, [&](int32_t millis, Interval interval) {
          return static_cast<int32_t>(
              FloorMod(change(millis, interval), kMillisPerDay));
        });
  }
  BinaryLoop<int32_t, int32_t, Interval>(
      call, [&](int32_t days, Interval interval) {
        return static_cast<int32_t>(
            change(days * kMillisPerDay, interval) / kMillisPerDay);
      });
}

// A DATE stays one: it moves by the interval's whole days.
std::unique_ptr<Kernel> DatePlusDays(int sign) {
  return MakeKernel([sign](const KernelCall& call) {
    BinaryLoop<int32_t, int32_t, int64_t>(
        call, [sign](int32_t days, int64_t interval) {
          return static_cast<int32_t>(days + sign * (interval / kMillisPerDay));
        });
  });
}

std::unique_ptr<Kernel> TimePlusInterval(const LogicalType& time,
                                         const LogicalType& interval,
                                         int sign) {
  if (interval.Is(TypeRoot::kIntervalYearMonth)) {
    return MakeKernel([=](const KernelCall& call) {
      TimePlusLoop<int32_t>(call, time,
                            [sign](int64_t millis, int32_t months) {
                              return AddMonths(millis, sign * months);
                            });
    });
  }
  if (time.Is(TypeRoot::kDate)) return DatePlusDays(sign);
  return MakeKernel([=](const KernelCall& call) {
    TimePlusLoop<int64_t>(call, time,
                          [sign](int64_t millis, int64_t interval) {
                            return millis + sign * interval;
                          });
  });
}

// Runs `inner` with its two arguments changed round.
std::unique_ptr<Kernel> Swapped(std::unique_ptr<Kernel> inner) {
  return MakeKernel(
      [inner = std::shared_ptr<Kernel>(std::move(inner))](
          const KernelCall& call) {
        const Vector* const args[] = {call.args[1], call.args[0]};
        inner->Run({args, call.rows, call.out, call.errors});
      });
}

int64_t MillisOf(const Vector& vector, uint32_t row, const LogicalType& type) {
  row &= vector.index_mask();
  if (type.Is(TypeRoot::kDate)) {
    return vector.data<int32_t>()[row] * kMillisPerDay;
  }
  if (type.Is(TypeRoot::kTime)) return vector.data<int32_t>()[row];
  if (type.precision() <= 3) return vector.data<int64_t>()[row];
  if (type.precision() <= 6) {
    return MillisFromMicros(vector.data<int64_t>()[row]);
  }
  return vector.data<TimeNanos>()[row].millis;
}

std::unique_ptr<Kernel> TimeMinusTime(const LogicalType& left,
                                      const LogicalType& right) {
  return MakeKernel([=](const KernelCall& call) {
    int64_t* const out = call.out->data<int64_t>();
    call.rows.ForEach([&](uint32_t row) {
      out[row] = MillisOf(*call.args[0], row, left) -
                 MillisOf(*call.args[1], row, right);
    });
  });
}

bool Scales(Arithmetic operation) {
  return operation == Arithmetic::kMultiply ||
         operation == Arithmetic::kDivide;
}

}  // namespace

IntervalSignature ResolveIntervalArithmetic(Arithmetic operation,
                                            const ArgumentInfo& left,
                                            const ArgumentInfo& right) {
  const LogicalType& a = left.type;
  const LogicalType& b = right.type;
  const bool sums =
      operation == Arithmetic::kAdd || operation == Arithmetic::kSubtract;
  if (sums && a.IsTemporal() && b.IsInterval()) {
    return {a, b, TimePlus(a, right), true};
  }
  if (operation == Arithmetic::kAdd && a.IsInterval() && b.IsTemporal()) {
    return {a, b, TimePlus(b, left), true};
  }
  if (sums && a.IsInterval() && a.root() == b.root()) return {a, b, a, true};
  if (operation == Arithmetic::kSubtract && a.IsTemporal() &&
      b.IsTemporal() &&
      (a.root() == b.root() || (!a.Is(TypeRoot::kTime) &&
                                !b.Is(TypeRoot::kTime)))) {
    return {a, b, LogicalType::IntervalDayTime(), true};
  }
  // The number takes the interval's own width.
  const auto number = [](const LogicalType& interval) {
    return interval.Is(TypeRoot::kIntervalYearMonth) ? LogicalType::Integer()
                                                     : LogicalType::BigInt();
  };
  if (Scales(operation) && a.IsInterval() && b.IsIntegral()) {
    return {a, number(a).WithNullable(b.nullable()), a, true};
  }
  if (operation == Arithmetic::kMultiply && a.IsIntegral() &&
      b.IsInterval()) {
    return {number(b).WithNullable(a.nullable()), b, b, true};
  }
  return {};
}

std::unique_ptr<Kernel> MakeIntervalArithmetic(Arithmetic operation,
                                               const LogicalType& left,
                                               const LogicalType& right,
                                               const LogicalType& result) {
  const int sign = operation == Arithmetic::kSubtract ? -1 : 1;
  if (left.IsTemporal() && right.IsTemporal()) {
    return TimeMinusTime(left, right);
  }
  if (left.IsTemporal()) {
    return TimePlusInterval(left, right, sign);
  }
  if (right.IsTemporal()) {
    return Swapped(TimePlusInterval(right, left, sign));
  }
  return MakeNumericArithmetic(operation, result, result, nullptr);
}

}  // namespace millrace
