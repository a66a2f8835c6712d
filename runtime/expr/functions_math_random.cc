// RAND, RAND_INTEGER: the numbers java.util.Random gives for a seed.

#include <limits>
#include <random>

#include "runtime/base/error.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_math.h"
#include "runtime/expr/kernel_loops.h"

namespace millrace {
namespace {

// Java's generator: 48 bits, linear congruential (Knuth, volume 2, 3.2.1).
class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed)
      : state_((static_cast<uint64_t>(seed) ^ kMultiplier) & kMask) {}

  int32_t Next(int bits) {
    state_ = (state_ * kMultiplier + 0xB) & kMask;
    return static_cast<int32_t>(static_cast<int64_t>(state_) >> (48 - bits));
  }

  // [0, 1), 53 bits.
  double NextDouble() {
    const int64_t high = static_cast<int64_t>(Next(26)) << 27;
    return static_cast<double>(high + Next(27)) * 0x1.0p-53;
  }

  // [0, bound). REQUIRES: bound > 0.
  int32_t NextInt(int32_t bound) {
    int32_t bits = Next(31);
    if ((bound & (bound - 1)) == 0) {
      return static_cast<int32_t>(
          (static_cast<int64_t>(bound) * bits) >> 31);
    }
    // Draws from the incomplete last run would favour small numbers.
    while (true) {
      const int32_t value = bits % bound;
      if (static_cast<int64_t>(bits) - value + (bound - 1) <=
          std::numeric_limits<int32_t>::max()) {
        return value;
      }
      bits = Next(31);
    }
  }

 private:
  static constexpr uint64_t kMultiplier = 0x5DEECE66D;
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;

  uint64_t state_;
};

uint64_t StartOf(const FunctionContext& context) {
  if (context.random_seed != 0) return context.random_seed;
  std::random_device entropy;
  return (static_cast<uint64_t>(entropy()) << 32) ^ entropy();
}

// A literal seed makes one sequence for the call, another seed is of its row
// only, and without a seed nobody can foretell the sequence.
class Sequence {
 public:
  Sequence(const FunctionContext& context, const ArgumentInfo* seed)
      : random_(static_cast<int64_t>(StartOf(context))) {
    if (seed == nullptr) return;
    const int64_t* const literal =
        seed->literal == nullptr ? nullptr
                                 : std::get_if<int64_t>(&seed->literal->data);
    by_row_ = literal == nullptr;
    if (literal != nullptr) random_ = JavaRandom(*literal);
  }

  JavaRandom& At(const KernelCall& call, uint32_t row) {
    if (by_row_) {
      random_ = JavaRandom(static_cast<int32_t>(
          Column<int64_t>(*call.args[0])[row]));
    }
    return random_;
  }

 private:
  JavaRandom random_;
  bool by_row_ = false;
};

absl::StatusOr<std::unique_ptr<Kernel>> RandFactory(
    const KernelSource& source) {
  const ArgumentInfo* const seed =
      source.args.empty() ? nullptr : &source.args[0];
  return MakeKernel([sequence = Sequence(source.context, seed)](
                        const KernelCall& call) mutable {
    double* const out = call.out->data<double>();
    call.rows.ForEach([&](uint32_t row) {
      out[row] = sequence.At(call, row).NextDouble();
    });
  });
}

// RAND_INTEGER([seed,] bound).
absl::StatusOr<std::unique_ptr<Kernel>> RandIntegerFactory(
    const KernelSource& source) {
  const bool seeded = source.args.size() > 1;
  return MakeKernel([seeded, sequence = Sequence(
                                 source.context,
                                 seeded ? &source.args[0] : nullptr)](
                        const KernelCall& call) mutable {
    const Column<int64_t> bound(*call.args[seeded ? 1 : 0]);
    int32_t* const out = call.out->data<int32_t>();
    call.rows.ForEach([&](uint32_t row) {
      out[row] = 0;
      if (bound[row] <= 0 ||
          bound[row] > std::numeric_limits<int32_t>::max()) {
        FailRow(call, row,
                UserError({.code = "EXP-0103",
                           .what = "bound must be positive in RAND_INTEGER",
                           .fix = "Give a bound from 1 to 2147483647"}));
        return;
      }
      out[row] =
          sequence.At(call, row).NextInt(static_cast<int32_t>(bound[row]));
    });
  });
}

}  // namespace

void RegisterMathRandomFunctions(FunctionRegistry& registry) {
  const LogicalType number = LogicalType::BigInt();
  const LogicalType real = LogicalType::Double();
  const LogicalType integer = LogicalType::Integer();
  registry.Add(PreparedEntry("RAND", "RAND([seed])",
                             {Signature{.args = {}, .result = real},
                              {{number}, real}},
                             RandFactory, {.deterministic = false}));
  registry.Add(PreparedEntry(
      "RAND_INTEGER", "RAND_INTEGER([seed,] bound)",
      {{{number}, integer}, {{number, number}, integer}}, RandIntegerFactory,
      {.deterministic = false}));
}

}  // namespace millrace
