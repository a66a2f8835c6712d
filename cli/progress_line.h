#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "embedded/job_status.h"

namespace millrace {

// The line that a terminal shows while a job runs, drawn over itself:
//
//   my-job  12s  in 1,204,113 rows (98,001/s)  out 3,120 (240/s)
//   watermark 2015-07-15 00:02:01.000  lag 1.2s
//
// Draws nothing where there is no terminal.
class ProgressLine {
 public:
  ProgressLine(std::string name, bool is_terminal)
      : name_(std::move(name)), is_terminal_(is_terminal) {}

  void Draw(const JobStatus& status, absl::Time now);
  // Replaces the line by a summary of the whole run.
  void End(const JobStatus& status);

  // The text of one line; rates over the time since the last one.
  std::string Text(const JobStatus& status, absl::Time now);

 private:
  const std::string name_;
  const bool is_terminal_;
  absl::Duration last_time_;
  int64_t last_in_ = 0;
  int64_t last_out_ = 0;
};

}  // namespace millrace
