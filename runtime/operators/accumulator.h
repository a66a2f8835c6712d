#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "runtime/batch/vector.h"
#include "state/slot_heap.h"

namespace millrace {

// Some rows of a batch and the slot that each goes to.
struct SlotRows {
  uint32_t count = 0;
  // slots[i] belongs to row rows[i]; with `one_slot`, slots[0] to all of them.
  char* const* slots = nullptr;
  const uint32_t* rows = nullptr;
  bool one_slot = false;
};

enum class RowChange : uint8_t { kAdd, kRetract };

// What is read off an accumulator: AVG and SUM share one.
enum class AggregateResult : uint8_t {
  kValue,    // the count, sum or extreme itself
  kAverage,  // sum / count
  kSum,      // AVG's first partial: the sum, NULL when nothing was counted
  kCount,    // AVG's second partial
};

// What one aggregate call, or several equal ones, remember of a group: some
// bytes at a fixed offset of its slot, all zero for a group without rows.
//
// Virtual calls are per batch, never per row. What does not fit a slot lies in
// the table's heap. Called by one worker.
class Accumulator {
 public:
  virtual ~Accumulator() = default;

  virtual uint32_t size_bytes() const = 0;

  // Adds or retracts the rows. `args` are the call's argument columns; none
  // for COUNT(*). Rows whose first argument is NULL do not count.
  virtual void Apply(const SlotRows& rows, std::span<const Vector* const> args,
                     RowChange change, SlotHeap& heap) = 0;

  // Adds what from[i] remembers to to[i], where it then lies on its own.
  virtual void Merge(char* const* to, const char* const* from, uint32_t count,
                     SlotHeap& heap) = 0;

  // out[i] = the result of slots[i]; `out` has the result's type.
  virtual void Emit(AggregateResult result, const char* const* slots,
                    uint32_t count, Vector& out) const = 0;

  // The bytes that a snapshot keeps of a slot, appended; and back into zeroed
  // slots, moving each of `in` behind its (false: bytes are damaged).
  virtual void Encode(const char* slot, std::string& out) const = 0;
  virtual bool Decode(std::span<absl::string_view> in, char* const* slots,
                      SlotHeap& heap) = 0;
  // Whether something lies elsewhere than in slots and heap. Otherwise several
  // threads may Decode at once, each into slots and a heap of its own.
  virtual bool HasMore() const { return false; }

  // The slot is about to be erased.
  virtual void Release(char* /*slot*/, SlotHeap& /*heap*/) {}
};

// COUNT(*) and COUNT(x); with `sums_partials` the argument is a count to add.
std::unique_ptr<Accumulator> MakeCount(uint32_t offset, bool sums_partials);

// SUM and AVG over numbers. `average` widens FLOAT to DOUBLE as AVG does; with
// `sums_partials` a second argument is the count to add (AVG's partials).
// Null when there is no sum of that type.
std::unique_ptr<Accumulator> MakeSum(uint32_t offset, const LogicalType& arg,
                                     bool average, bool sums_partials);

// MIN (`largest` false) or MAX of rows that are only added. Null when the type
// has no order.
std::unique_ptr<Accumulator> MakeExtreme(uint32_t offset,
                                         const LogicalType& arg, bool largest);

// The value of the last row added, NULL too. Null when the type is nested.
std::unique_ptr<Accumulator> MakeLast(uint32_t offset, const LogicalType& arg);

// MIN or MAX where rows may be retracted: every value is kept with its count.
std::unique_ptr<Accumulator> MakeCountedExtreme(uint32_t offset,
                                                const LogicalType& arg,
                                                bool largest);

}  // namespace millrace
