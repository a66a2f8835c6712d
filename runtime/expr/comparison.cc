#include "runtime/expr/comparison.h"

#include <functional>
#include <memory>
#include <vector>

#include "runtime/expr/cast.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/types/decimal.h"

namespace millrace {
namespace {

// `>` and `>=` are `<` and `<=` with the sides changed, so half as many loops
// are compiled.
bool IsMirrored(Comparison comparison) {
  return comparison == Comparison::kGreater ||
         comparison == Comparison::kGreaterOrEqual;
}

Comparison Mirror(Comparison comparison) {
  if (comparison == Comparison::kGreater) return Comparison::kLess;
  return Comparison::kLessOrEqual;
}

template <typename T>
struct LessThan {
  uint8_t operator()(const T& a, const T& b) const { return a < b; }
};
template <>
struct LessThan<StringView> {
  uint8_t operator()(const StringView& a, const StringView& b) const {
    return StringView::Compare(a, b) < 0;
  }
};
template <typename T>
struct LessOrEqual {
  uint8_t operator()(const T& a, const T& b) const { return a <= b; }
};
template <>
struct LessOrEqual<StringView> {
  uint8_t operator()(const StringView& a, const StringView& b) const {
    return StringView::Compare(a, b) <= 0;
  }
};
template <typename T>
struct Equal {
  uint8_t operator()(const T& a, const T& b) const { return a == b; }
};
template <typename T>
struct NotEqual {
  uint8_t operator()(const T& a, const T& b) const { return !(a == b); }
};

// REQUIRES: not mirrored.
template <typename T>
std::unique_ptr<Kernel> TypedComparison(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<uint8_t, T, T>(call, Equal<T>());
      });
    case Comparison::kNotEqual:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<uint8_t, T, T>(call, NotEqual<T>());
      });
    case Comparison::kLess:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<uint8_t, T, T>(call, LessThan<T>());
      });
    default:
      return MakeKernel([](const KernelCall& call) {
        BinaryLoop<uint8_t, T, T>(call, LessOrEqual<T>());
      });
  }
}

bool Holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::kEqual: return order == 0;
    case Comparison::kNotEqual: return order != 0;
    case Comparison::kLess: return order < 0;
    default: return order <= 0;
  }
}

Int128 UnscaledAt(const Vector& vector, uint32_t row) {
  row &= vector.index_mask();
  return vector.physical() == PhysicalType::kInt64
             ? Int128{vector.data<int64_t>()[row]}
             : vector.data<Int128>()[row];
}

std::unique_ptr<Kernel> DecimalsAcross(Comparison comparison, int scale_a,
                                       int scale_b) {
  return MakeKernel([=](const KernelCall& call) {
    uint8_t* const out = call.out->data<uint8_t>();
    call.rows.ForEach([&](uint32_t row) {
      const Decimal a{UnscaledAt(*call.args[0], row), scale_a};
      const Decimal b{UnscaledAt(*call.args[1], row), scale_b};
      out[row] = Holds(comparison, Compare(a, b));
    });
  });
}

std::unique_ptr<Kernel> NestedEquality(Comparison comparison,
                                       const LogicalType& type) {
  const bool equal = comparison == Comparison::kEqual;
  return MakeKernel([=](const KernelCall& call) {
    uint8_t* const out = call.out->data<uint8_t>();
    call.rows.ForEach([&](uint32_t row) {
      out[row] = ValuesEqual(type, *call.args[0], row, *call.args[1], row) ==
                 equal;
    });
  });
}

// One side is text, read as the other side's type; what cannot be read is
// NULL, and so is the comparison.
class TextBesideTime final : public Kernel {
 public:
  TextBesideTime(int text_index, const LogicalType& time,
                 std::unique_ptr<Kernel> reader,
                 std::unique_ptr<Kernel> comparison)
      : text_index_(text_index),
        time_(time),
        reader_(std::move(reader)),
        comparison_(std::move(comparison)) {}

  void Run(const KernelCall& call) override {
    Vector read(time_, call.out->capacity());
    const Vector* const text[] = {call.args[text_index_]};
    reader_->Run({text, call.rows, &read, call.errors});
    rows_.clear();
    call.rows.ForEach([&](uint32_t row) {
      if (read.IsNull(row)) {
        ClearRow(*call.out, row);
      } else {
        rows_.push_back(row);
      }
    });
    const Vector* args[] = {call.args[0], call.args[1]};
    args[text_index_] = &read;
    const auto rows = Selection::Of(rows_.data(),
                                    static_cast<uint32_t>(rows_.size()));
    comparison_->Run({args, rows, call.out, call.errors});
  }

 private:
  int text_index_;
  LogicalType time_;
  std::unique_ptr<Kernel> reader_;
  std::unique_ptr<Kernel> comparison_;
  std::vector<uint32_t> rows_;
};

std::unique_ptr<Kernel> SameTypeComparison(Comparison comparison,
                                           const LogicalType& type) {
  switch (type.physical()) {
    case PhysicalType::kBool: return TypedComparison<uint8_t>(comparison);
    case PhysicalType::kInt32: return TypedComparison<int32_t>(comparison);
    case PhysicalType::kInt64: return TypedComparison<int64_t>(comparison);
    case PhysicalType::kFloat: return TypedComparison<float>(comparison);
    case PhysicalType::kDouble: return TypedComparison<double>(comparison);
    case PhysicalType::kInt128: return TypedComparison<Int128>(comparison);
    case PhysicalType::kTimeNanos:
      return TypedComparison<TimeNanos>(comparison);
    case PhysicalType::kString:
      return TypedComparison<StringView>(comparison);
    default: return NestedEquality(comparison, type);
  }
}

}  // namespace

std::unique_ptr<Kernel> MakeComparison(Comparison comparison,
                                       const LogicalType& left,
                                       const LogicalType& right,
                                       const FunctionContext& context) {
  if (IsMirrored(comparison)) {
    std::shared_ptr<Kernel> inner =
        MakeComparison(Mirror(comparison), right, left, context);
    return MakeKernel([inner](const KernelCall& call) {
      const Vector* const args[] = {call.args[1], call.args[0]};
      inner->Run({args, call.rows, call.out, call.errors});
    });
  }
  if (left.IsCharacter() != right.IsCharacter()) {
    const int text = left.IsCharacter() ? 0 : 1;
    const LogicalType& time = text == 0 ? right : left;
    return std::make_unique<TextBesideTime>(
        text, time, MakeTryCast(text == 0 ? left : right, time, context),
        SameTypeComparison(comparison, time));
  }
  if (left.Is(TypeRoot::kDecimal) && left.scale() != right.scale()) {
    return DecimalsAcross(comparison, left.scale(), right.scale());
  }
  if (left.physical() != right.physical()) {
    return DecimalsAcross(comparison, left.scale(), right.scale());
  }
  return SameTypeComparison(comparison, left);
}

}  // namespace millrace
