#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/filesystem/staged_part.h"
#include "runtime/base/executor.h"
#include "runtime/base/outcome_box.h"

namespace millrace {

// Makes parts durable, and their names, beside the worker that writes them: a
// part that was given to it is not to be touched until it comes back.
//
// Owned by one worker; `wake` is called when something came back.
class PartSaver {
 public:
  using Parts = std::vector<std::shared_ptr<StagedPart>>;

  // The disk and the executor outlive what was posted.
  PartSaver(Disk* disk, Executor* background, std::function<void()> wake,
            std::string staging_folder);
  PartSaver(const PartSaver&) = delete;
  PartSaver& operator=(const PartSaver&) = delete;
  ~PartSaver() { outcomes_->Close(); }

  // Persists `parts`, or closes them.
  void Post(Parts parts, bool close);

  // Those that came back since, in the order of posting. Errors end the
  // attempt.
  absl::StatusOr<Parts> Take();

  // How many are away.
  size_t away_count() const { return away_count_; }

 private:
  struct Outcome {
    absl::Status status;
    Parts parts;
  };
  using Outcomes = OutcomeBox<Outcome>;

  Disk* const disk_;
  Executor* const background_;
  const std::string staging_folder_;
  const std::shared_ptr<Outcomes> outcomes_;
  size_t away_count_ = 0;
};

}  // namespace millrace
