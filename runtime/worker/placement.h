#pragma once

#include <vector>

#include "runtime/base/check.h"

namespace millrace {

// Which process runs which subtasks of an attempt: subtask i of every vertex
// runs in slot i modulo the slots, so that what hangs together by forward edges
// stays on one core.
struct Placement {
  // The process of each slot, numbered from 0; REQUIRES: not empty.
  std::vector<int> process_of_slot = {0};
  int self = 0;  // The process that asks.

  // Every one of `slots` in the one process there is.
  static Placement Alone(int slots) {
    return {.process_of_slot = std::vector<int>(slots, 0), .self = 0};
  }

  int slots() const { return static_cast<int>(process_of_slot.size()); }
  int slot_of(int subtask) const { return subtask % slots(); }
  int process_of(int subtask) const {
    return process_of_slot[slot_of(subtask)];
  }
  bool is_here(int subtask) const { return process_of(subtask) == self; }

  // The slots of this process, ascending: its worker i serves the i-th.
  std::vector<int> SlotsHere() const {
    std::vector<int> here;
    for (int slot = 0; slot < slots(); ++slot) {
      if (process_of_slot[slot] == self) here.push_back(slot);
    }
    return here;
  }
  // Which of the workers here serves it. REQUIRES: is_here(subtask).
  int WorkerOf(int subtask) const {
    int worker = 0;
    for (int slot = 0; slot < slot_of(subtask); ++slot) {
      if (process_of_slot[slot] == self) ++worker;
    }
    return worker;
  }
};

}  // namespace millrace
