#pragma once

#include <cstdint>
#include <utility>

#include "runtime/batch/chunk.h"
#include "runtime/expr/function.h"

namespace millrace {

// The loops that kernels are made of. A kernel gives the step for one row as a
// lambda; the loop gives it dense and sparse selections, constant and varying
// arguments, each as a plain loop the compiler can vectorise.
//
//   BinaryLoop<int64_t, int64_t, int64_t>(
//       call, [](int64_t a, int64_t b) { return a & b; });
//
//   // NULL where the step says false:
//   UnaryOrNull<double, double>(call, [](double x, double* out) {
//     *out = std::log(x);
//     return x > 0;
//   });
//
//   // An error where the step says false, described by the second lambda:
//   UnaryOrError<int32_t, StringView>(
//       call, [](StringView s, int32_t* out) { return Parse(s, out); },
//       [](StringView s) { return BadNumber(s); });
//
//   // Strings are made with a writer; the loop hands its chunks to the result.
//   StringLoop<StringView>(call, [](StringView s, StringWriter& writer) {
//     return writer.Copy(Reversed(s));
//   });
//
// The type parameters are the physical forms (uint8_t for BOOLEAN). These loops
// do not look at NULLs: they are for strict functions, whose caller has left
// the rows with a NULL out. Steps must be safe on any value, because the slots
// of rows not selected hold unspecified ones, but are called for selected rows
// only.

// One argument: `column[row]`, constant or not.
template <typename T>
class Column {
 public:
  explicit Column(const Vector& vector)
      : data_(vector.data<T>()), mask_(vector.index_mask()) {}

  const T& operator[](uint32_t row) const { return data_[row & mask_]; }
  bool is_constant() const { return mask_ == 0; }

 private:
  const T* data_;
  uint32_t mask_;
};

template <typename Out, typename A, typename Step>
void UnaryLoop(const KernelCall& call, Step step) {
  Out* __restrict__ const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  if (call.rows.is_dense() && !a.is_constant()) {
    const A* const data = call.args[0]->data<A>();
    const uint32_t size = call.rows.size();
    for (uint32_t row = 0; row < size; ++row) out[row] = step(data[row]);
    return;
  }
  call.rows.ForEach([&](uint32_t row) { out[row] = step(a[row]); });
}

template <typename Out, typename A, typename B, typename Step>
void BinaryLoop(const KernelCall& call, Step step) {
  Out* __restrict__ const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  const Column<B> b(*call.args[1]);
  if (!call.rows.is_dense() || (a.is_constant() && b.is_constant())) {
    call.rows.ForEach([&](uint32_t row) { out[row] = step(a[row], b[row]); });
    return;
  }
  const A* const left = call.args[0]->data<A>();
  const B* const right = call.args[1]->data<B>();
  const uint32_t size = call.rows.size();
  if (b.is_constant()) {
    const B value = right[0];
    for (uint32_t row = 0; row < size; ++row) out[row] = step(left[row], value);
  } else if (a.is_constant()) {
    const A value = left[0];
    for (uint32_t row = 0; row < size; ++row) {
      out[row] = step(value, right[row]);
    }
  } else {
    for (uint32_t row = 0; row < size; ++row) {
      out[row] = step(left[row], right[row]);
    }
  }
}

// Three arguments; what varies is looked at row by row.
template <typename Out, typename A, typename B, typename C, typename Step>
void TernaryLoop(const KernelCall& call, Step step) {
  Out* __restrict__ const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  const Column<B> b(*call.args[1]);
  const Column<C> c(*call.args[2]);
  call.rows.ForEach(
      [&](uint32_t row) { out[row] = step(a[row], b[row], c[row]); });
}

// `bool step(A, Out*)`: the result is NULL where it says false.
template <typename Out, typename A, typename Step>
void UnaryOrNull(const KernelCall& call, Step step) {
  Out* const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  call.rows.ForEach([&](uint32_t row) {
    Out value{};
    if (!step(a[row], &value)) [[unlikely]] call.out->SetNull(row);
    out[row] = value;
  });
}

template <typename Out, typename A, typename B, typename Step>
void BinaryOrNull(const KernelCall& call, Step step) {
  Out* const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  const Column<B> b(*call.args[1]);
  call.rows.ForEach([&](uint32_t row) {
    Out value{};
    if (!step(a[row], b[row], &value)) [[unlikely]] call.out->SetNull(row);
    out[row] = value;
  });
}

// Notes an error of `row` and makes its result NULL.
inline void FailRow(const KernelCall& call, uint32_t row, absl::Status why) {
  call.errors->Add(row, std::move(why));
  call.out->SetNull(row);
}

// `bool step(A, Out*)`: where it says false the row fails with the status that
// `describe(A)` makes.
template <typename Out, typename A, typename Step, typename Describe>
void UnaryOrError(const KernelCall& call, Step step, Describe describe) {
  Out* const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  call.rows.ForEach([&](uint32_t row) {
    Out value{};
    if (!step(a[row], &value)) [[unlikely]] FailRow(call, row,
                                                    describe(a[row]));
    out[row] = value;
  });
}

template <typename Out, typename A, typename B, typename Step,
          typename Describe>
void BinaryOrError(const KernelCall& call, Step step, Describe describe) {
  Out* const out = call.out->data<Out>();
  const Column<A> a(*call.args[0]);
  const Column<B> b(*call.args[1]);
  call.rows.ForEach([&](uint32_t row) {
    Out value{};
    if (!step(a[row], b[row], &value)) [[unlikely]] {
      FailRow(call, row, describe(a[row], b[row]));
    }
    out[row] = value;
  });
}

// `StringView step(A, StringWriter&)`. A view made by the writer; to hand on a
// view of the argument itself, ShareChunks as well.
template <typename A, typename Step>
void StringLoop(const KernelCall& call, Step step) {
  StringView* const out = call.out->data<StringView>();
  const Column<A> a(*call.args[0]);
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) { out[row] = step(a[row], writer); });
  call.out->AddChunks(writer.TakeChunks());
}

// The result's views may point where the argument's do: for kernels that cut
// (SUBSTRING, TRIM) or choose instead of copying.
inline void ShareChunks(const KernelCall& call, int argument) {
  call.out->AddChunks(call.args[argument]->chunks());
}

// Calls `visit(T{})` with the C++ form of a number's physical type; returns
// false, without a call, for any other.
template <typename Visit>
bool VisitNumeric(PhysicalType physical, Visit&& visit) {
  switch (physical) {
    case PhysicalType::kInt8: visit(int8_t{}); return true;
    case PhysicalType::kInt16: visit(int16_t{}); return true;
    case PhysicalType::kInt32: visit(int32_t{}); return true;
    case PhysicalType::kInt64: visit(int64_t{}); return true;
    case PhysicalType::kFloat: visit(float{}); return true;
    case PhysicalType::kDouble: visit(double{}); return true;
    default: return false;
  }
}

}  // namespace millrace
