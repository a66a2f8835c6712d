#pragma once

#include <cstring>
#include <string>

#include "runtime/operators/accumulator.h"

namespace millrace {

// The loops that accumulators share: for kernels only.

// body(State&, batch row) for every row. All rows of one slot work on a copy
// in registers: the slot's own memory would cost a store and a load a row.
template <typename State, typename Body>
void ForEachSlotRow(const SlotRows& rows, uint32_t offset, Body&& body) {
  if (rows.count == 0) return;
  if (rows.one_slot) {
    auto* slot = reinterpret_cast<State*>(rows.slots[0] + offset);
    State state = *slot;
    for (uint32_t i = 0; i < rows.count; ++i) body(state, rows.rows[i]);
    *slot = state;
    return;
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    body(*reinterpret_cast<State*>(rows.slots[i] + offset), rows.rows[i]);
  }
}

// The same, only for rows where `arg` is not NULL.
template <typename State, typename Body>
void ForEachPresent(const SlotRows& rows, uint32_t offset, const Vector& arg,
                    Body&& body) {
  if (!arg.may_have_nulls()) return ForEachSlotRow<State>(rows, offset, body);
  ForEachSlotRow<State>(rows, offset, [&](State& state, uint32_t row) {
    if (!arg.IsNull(row)) body(state, row);
  });
}

template <typename State>
const State& StateAt(const char* slot, uint32_t offset) {
  return *reinterpret_cast<const State*>(slot + offset);
}
template <typename State>
State& StateAt(char* slot, uint32_t offset) {
  return *reinterpret_cast<State*>(slot + offset);
}

template <typename T>
void AppendBytes(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <typename T>
bool TakeBytes(absl::string_view& in, T* value) {
  if (in.size() < sizeof *value) return false;
  std::memcpy(value, in.data(), sizeof *value);
  in.remove_prefix(sizeof *value);
  return true;
}
// Every state as its bytes.
template <typename State>
bool TakeStates(std::span<absl::string_view> in, char* const* slots,
                uint32_t offset) {
  for (size_t i = 0; i < in.size(); ++i) {
    if (!TakeBytes(in[i], &StateAt<State>(slots[i], offset))) return false;
  }
  return true;
}

}  // namespace millrace
