#include "jobmanager/failover_policy.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/config_lookup.h"

namespace millrace {
namespace {

constexpr absl::string_view kMemoryUsedUp = "JOB-0003";  // MemoryBudget's.

}  // namespace

bool FailoverPolicy::MayPass(const absl::Status& failure) {
  switch (failure.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnimplemented:
      return false;
    // A full disk gets room again. A job that needs more memory than it has
    // would need it again.
    case absl::StatusCode::kResourceExhausted:
      return ErrorCode(failure) != kMemoryUsedUp;
    default:
      return true;
  }
}

std::optional<absl::Duration> FailoverPolicy::OnFailure(
    const absl::Status& failure, absl::Duration now, bool has_begun) {
  if (!MayPass(failure)) return std::nullopt;
  if (!has_begun && options_.only_once_begun) return std::nullopt;
  switch (options_.strategy) {
    case Strategy::kNone:
      return std::nullopt;
    case Strategy::kFixedDelay:
      if (restarts_ >= options_.attempts) return std::nullopt;
      ++restarts_;
      return options_.delay;
    case Strategy::kFailureRate:
      return OnFailureRate(now);
    case Strategy::kExponentialDelay:
      return OnExponential(now);
  }
  return std::nullopt;
}

std::optional<absl::Duration> FailoverPolicy::OnFailureRate(
    absl::Duration now) {
  while (!failures_.empty() &&
         now - failures_.front() > options_.failure_interval) {
    failures_.pop_front();
  }
  if (static_cast<int64_t>(failures_.size()) >=
      options_.failures_per_interval) {
    return std::nullopt;
  }
  failures_.push_back(now);
  return options_.delay;
}

std::optional<absl::Duration> FailoverPolicy::OnExponential(
    absl::Duration now) {
  if (restarts_ == 0 || now - restarted_ >= options_.reset_threshold) {
    restarts_ = 0;
    backoff_ = options_.initial_backoff;
  } else {
    backoff_ = std::min(backoff_ * options_.multiplier, options_.max_backoff);
  }
  if (restarts_ >= options_.attempts_before_reset) return std::nullopt;
  ++restarts_;
  const absl::Duration delay =
      backoff_ * (1 + options_.jitter * (2 * rng_.Unit() - 1));
  restarted_ = now + delay;
  return delay;
}

namespace {

using Strategy = FailoverPolicy::Strategy;

absl::StatusOr<Strategy> ParseStrategy(const ConfigLookup& config,
                                       bool checkpointed) {
  const std::string text =
      config.Text({"restart-strategy.type", "restart-strategy"},
                  checkpointed ? "exponential-delay" : "none");
  const std::string name = absl::AsciiStrToLower(text);
  if (name == "none" || name == "off" || name == "disable") {
    return Strategy::kNone;
  }
  if (name == "fixed-delay" || name == "fixeddelay") {
    return Strategy::kFixedDelay;
  }
  if (name == "failure-rate" || name == "failurerate") {
    return Strategy::kFailureRate;
  }
  if (name == "exponential-delay" || name == "exponentialdelay") {
    return Strategy::kExponentialDelay;
  }
  return BadConfigValue(
      "restart-strategy.type", text,
      "none, fixed-delay, failure-rate or exponential-delay");
}

absl::Status ParseExponential(const ConfigLookup& config,
                              FailoverPolicy::Options& options) {
  ASSIGN_OR_RETURN(
      options.initial_backoff,
      config.Duration({"restart-strategy.exponential-delay.initial-backoff"},
                      options.initial_backoff));
  ASSIGN_OR_RETURN(
      options.max_backoff,
      config.Duration({"restart-strategy.exponential-delay.max-backoff"},
                      options.max_backoff));
  ASSIGN_OR_RETURN(
      options.multiplier,
      config.Double({"restart-strategy.exponential-delay.backoff-multiplier"},
                    options.multiplier, 1));
  ASSIGN_OR_RETURN(
      options.jitter,
      config.Double({"restart-strategy.exponential-delay.jitter-factor"},
                    options.jitter, 0));
  if (options.jitter > 1) {
    return BadConfigValue("restart-strategy.exponential-delay.jitter-factor",
                          absl::StrCat(options.jitter), "0 to 1");
  }
  ASSIGN_OR_RETURN(
      options.reset_threshold,
      config.Duration(
          {"restart-strategy.exponential-delay.reset-backoff-threshold"},
          options.reset_threshold));
  constexpr absl::string_view kAttempts =
      "restart-strategy.exponential-delay.attempts-before-reset-backoff";
  if (config.Text({kAttempts}, "infinite") != "infinite") {
    ASSIGN_OR_RETURN(options.attempts_before_reset,
                     config.Int({kAttempts}, INT64_MAX, 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FailoverPolicy::Options> ParseFailoverOptions(
    const TableOptions& job, const TableOptions& cluster, bool checkpointed) {
  const ConfigLookup config(job, cluster);
  FailoverPolicy::Options options;
  ASSIGN_OR_RETURN(options.strategy, ParseStrategy(config, checkpointed));
  options.only_once_begun =
      config.Text({"restart-strategy.type", "restart-strategy"}, "").empty();
  if (options.strategy == Strategy::kFixedDelay) {
    ASSIGN_OR_RETURN(options.attempts,
                     config.Int({"restart-strategy.fixed-delay.attempts"},
                                options.attempts, 0));
    ASSIGN_OR_RETURN(options.delay,
                     config.Duration({"restart-strategy.fixed-delay.delay"},
                                     options.delay));
  } else if (options.strategy == Strategy::kFailureRate) {
    ASSIGN_OR_RETURN(
        options.failures_per_interval,
        config.Int(
            {"restart-strategy.failure-rate.max-failures-per-interval"},
            options.failures_per_interval, 0));
    ASSIGN_OR_RETURN(
        options.failure_interval,
        config.Duration(
            {"restart-strategy.failure-rate.failure-rate-interval"},
            options.failure_interval));
    ASSIGN_OR_RETURN(options.delay,
                     config.Duration({"restart-strategy.failure-rate.delay"},
                                     options.delay));
  } else if (options.strategy == Strategy::kExponentialDelay) {
    RETURN_IF_ERROR(ParseExponential(config, options));
  }
  return options;
}

}  // namespace millrace
