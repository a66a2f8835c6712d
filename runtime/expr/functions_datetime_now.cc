// CURRENT_DATE, CURRENT_TIME, LOCALTIME, LOCALTIMESTAMP, CURRENT_TIMESTAMP,
// NOW, CURRENT_ROW_TIMESTAMP, PROCTIME, UNIX_TIMESTAMP(): one reading of the
// clock for each batch.

#include "absl/time/time.h"
#include "runtime/base/clock.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

// A function of no arguments with the time now, on the local calendar or in
// UTC as its type demands.
Function NowEntry(absl::string_view name, const LogicalType& result) {
  const std::string usage(name);
  return PreparedEntry(
      name, usage, {Signature{.args = {}, .result = result}},
      [](const KernelSource& source)
          -> absl::StatusOr<std::unique_ptr<Kernel>> {
        if (source.context.clock == nullptr) {
          return absl::FailedPreconditionError("no clock to read");
        }
        return MakeKernel([clock = source.context.clock, type = source.result,
                           local = LocalClock(LocalZone(source.context))](
                              const KernelCall& call) mutable {
          int64_t now = absl::ToUnixMillis(clock->Now());
          if (!type.Is(TypeRoot::kTimestampLtz)) now = local.ToLocal(now);
          // TIME and the like carry the fraction digits of their type only.
          if (type.Is(TypeRoot::kTime) && type.precision() == 0) {
            now = FloorDiv(now, kMillisPerSecond) * kMillisPerSecond;
          }
          call.rows.ForEach([&](uint32_t row) {
            StoreTime(*call.out, type, row, {.millis = now});
          });
        });
      },
      {.deterministic = false});
}

}  // namespace

void RegisterDatetimeNowFunctions(FunctionRegistry& registry) {
  const LogicalType utc = LogicalType::TimestampLtz(3);
  registry.Add(NowEntry("CURRENT_DATE", LogicalType::Date()));
  registry.Add(NowEntry("CURRENT_TIME", LogicalType::Time(0)));
  registry.Add(NowEntry("LOCALTIME", LogicalType::Time(0)));
  registry.Add(NowEntry("LOCALTIMESTAMP", LogicalType::Timestamp(3)));
  registry.Add(NowEntry("CURRENT_TIMESTAMP", utc));
  registry.Add(NowEntry("NOW", utc));
  registry.Add(NowEntry("CURRENT_ROW_TIMESTAMP", utc));
  registry.Add(NowEntry("PROCTIME", utc));
}

}  // namespace millrace
