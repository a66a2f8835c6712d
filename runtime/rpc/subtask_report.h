#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/strong_int.h"
#include "state/storage/acknowledgement.h"

namespace millrace {

// What a subtask has counted since it began, as status and REST show it.
struct SubtaskReport {
  SubtaskId subtask;
  struct OperatorCount {
    VertexId vertex;
    int64_t rows_in = 0;
    int64_t rows_out = 0;
    int64_t bytes_in = 0;
    int64_t bytes_out = 0;
    int64_t late_rows = 0;
    int64_t watermark_ms = 0;
  };
  std::vector<OperatorCount> operators;  // Of the chain, in order.
  int64_t busy_nanos = 0;
  int64_t idle_nanos = 0;
  int64_t back_pressured_nanos = 0;
  std::string watermark_holder;  // The split that holds it, of a source.
};

}  // namespace millrace
