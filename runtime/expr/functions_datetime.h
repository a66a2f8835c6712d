#pragma once

#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/function_registry.h"
#include "runtime/types/datetime.h"
#include "runtime/types/time_zone.h"

namespace millrace {

// The parts of the family of functions over dates and times.

void RegisterDatetimeNowFunctions(FunctionRegistry& registry);
void RegisterDatetimeExtractFunctions(FunctionRegistry& registry);
void RegisterDatetimeFormatFunctions(FunctionRegistry& registry);
void RegisterDatetimeParseFunctions(FunctionRegistry& registry);
void RegisterDatetimeShiftFunctions(FunctionRegistry& registry);

// How a time reads where a call names no pattern.
inline constexpr absl::string_view kDefaultPattern = "yyyy-MM-dd HH:mm:ss";

// FLOOR(x TO unit) and CEIL(x TO unit), whose names the mathematical family
// registers: resolves and makes the form (x, unit), the unit a literal.
enum class RoundDirection { kFloor, kCeil };
absl::StatusOr<ResolvedCall> ResolveTimeRounding(
    absl::string_view name, std::span<const ArgumentInfo> args);
absl::StatusOr<std::unique_ptr<Kernel>> MakeTimeRounding(
    const KernelSource& source, RoundDirection direction);

// "HOUR", "DOW", "SQL_TSI_MONTH", "MILLENNIUM"...; nullopt: no unit.
std::optional<DateTimeUnit> FindUnit(absl::string_view name);
// The unit a literal argument names; nullopt: none.
std::optional<DateTimeUnit> LiteralUnit(const ArgumentInfo& arg);

// The session's zone, as the functions of runtime/types know zones.
TimeZone LocalZone(const FunctionContext& context);

// Values of a DATE, TIME, TIMESTAMP or TIMESTAMP_LTZ column as a time on the
// calendar: TIME on 1970-01-01, TIMESTAMP_LTZ as the local time of `clock`,
// or in UTC without one. Borrows both.
class TimeColumn {
 public:
  TimeColumn(const Vector& vector, const LogicalType& type,
             LocalClock* clock);

  // Milliseconds as they lie, one for each row; null unless they do.
  const int64_t* plain_millis() const {
    const bool plain = form_ == Form::kMillis && clock_ == nullptr &&
                       !vector_.is_constant();
    return plain ? vector_.data<int64_t>() : nullptr;
  }
  int64_t Millis(uint32_t row) const;
  TimeNanos operator[](uint32_t row) const;

 private:
  enum class Form { kDate, kTime, kMillis, kMicros, kNanos };

  const Vector& vector_;
  Form form_;
  LocalClock* clock_;
};

// Writes a time as `type`'s values lie; TIMESTAMP_LTZ from UTC. The digits
// that `type` lacks are cut.
void StoreTime(Vector& out, const LogicalType& type, uint32_t row,
               TimeNanos value);

}  // namespace millrace
