#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/filesystem/open_item.h"
#include "connectors/filesystem/staged_part.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"

namespace millrace {

// The parts that the last barrier of a job left open, shown when the job ends
// though its input has not: copies, under the names that they were to have, so
// that whoever restores that barrier sees which are done. What came behind the
// barrier is not in them.
//
// One after the other, beside the worker, and none any more once the object has
// gone: an attempt that is stopped waits for one part at most. Of one worker;
// `wake` is called when a part is done.
class LastParts {
 public:
  struct Part {
    OpenItem item;
    StagedPart::Place copy;
  };

  // The disk and the executor outlive what was posted.
  LastParts(Disk* disk, Executor* background, std::function<void()> wake,
            std::string staging_folder, std::vector<Part> parts);
  LastParts(const LastParts&) = delete;
  LastParts& operator=(const LastParts&) = delete;
  ~LastParts() { outcomes_->Close(); }

  // Whether all are shown; false: to be called again after a wake-up. Errors
  // end the attempt, and another one begins with what is not done.
  absl::StatusOr<bool> GoOn();

 private:
  using Outcomes = OutcomeBox<absl::Status>;

  Disk* const disk_;
  Executor* const background_;
  const std::string staging_folder_;
  const std::vector<Part> parts_;
  const std::shared_ptr<Outcomes> outcomes_;
  size_t next_ = 0;
  bool busy_ = false;
};

}  // namespace millrace
