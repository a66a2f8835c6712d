#include "jobmanager/checkpoint_config.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"

namespace millrace {
namespace {

using Retention = CheckpointConfig::Retention;

// As in Flink: below it a job would do little else.
constexpr absl::Duration kShortestInterval = absl::Milliseconds(10);

absl::StatusOr<Retention> ParseRetention(const ConfigLookup& config) {
  constexpr absl::string_view kKey =
      "execution.checkpointing.externalized-checkpoint-retention";
  const std::string text = config.Text({kKey}, "RETAIN_ON_CANCELLATION");
  const std::string upper = absl::AsciiStrToUpper(text);
  if (upper == "RETAIN_ON_CANCELLATION") return Retention::kRetain;
  if (upper == "DELETE_ON_CANCELLATION") {
    return Retention::kDeleteOnCancellation;
  }
  if (upper == "NO_EXTERNALIZED_CHECKPOINTS") return Retention::kDelete;
  return BadConfigValue(kKey, text,
                        "RETAIN_ON_CANCELLATION, DELETE_ON_CANCELLATION or "
                        "NO_EXTERNALIZED_CHECKPOINTS");
}

absl::StatusOr<absl::Duration> ParseInterval(const ConfigLookup& config) {
  constexpr absl::string_view kKey = "execution.checkpointing.interval";
  ASSIGN_OR_RETURN(const absl::Duration interval,
                   config.Duration({kKey}, absl::Seconds(10)));
  if (interval == absl::ZeroDuration()) return absl::InfiniteDuration();
  if (interval < kShortestInterval) {
    return BadConfigValue(kKey, config.Text({kKey}, ""),
                          "10 ms or more, or 0 for none");
  }
  return interval;
}

}  // namespace

absl::StatusOr<CheckpointConfig> ParseCheckpointConfig(
    const TableOptions& job, const TableOptions& cluster) {
  constexpr int64_t kMost = std::numeric_limits<int>::max();
  const ConfigLookup config(job, cluster);
  CheckpointConfig parsed;
  ASSIGN_OR_RETURN(parsed.interval, ParseInterval(config));
  ASSIGN_OR_RETURN(
      parsed.min_pause,
      config.Duration({"execution.checkpointing.min-pause"}, parsed.min_pause));
  ASSIGN_OR_RETURN(
      parsed.timeout,
      config.Duration({"execution.checkpointing.timeout"}, parsed.timeout));
  if (parsed.timeout == absl::ZeroDuration()) {
    return BadConfigValue("execution.checkpointing.timeout", "0",
                          "a duration such as '10 min'");
  }
  ASSIGN_OR_RETURN(
      const int64_t tolerable,
      config.Int({"execution.checkpointing.tolerable-failed-checkpoints"}, 0,
                 0));
  parsed.tolerable_failures = static_cast<int>(std::min(tolerable, kMost));
  ASSIGN_OR_RETURN(const int64_t retained,
                   config.Int({"execution.checkpointing.num-retained",
                               "state.checkpoints.num-retained"},
                              parsed.retained, 1));
  parsed.retained = static_cast<int>(std::min(retained, kMost));
  ASSIGN_OR_RETURN(parsed.retention, ParseRetention(config));
  parsed.directory = config.Text(
      {"execution.checkpointing.dir", "state.checkpoints.dir"}, "");
  parsed.savepoint_directory = config.Text(
      {"execution.checkpointing.savepoint-dir", "state.savepoints.dir"}, "");
  return parsed;
}

}  // namespace millrace
