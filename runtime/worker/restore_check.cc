#include "runtime/worker/restore_check.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/error.h"
#include "runtime/worker/subtask_rejections.h"
#include "runtime/worker/tasklet_input.h"

namespace millrace {
namespace {

absl::Status OtherGroups(const Manifest& manifest, const JobPlan& plan) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.code = "JOB-0061",
       .what = absl::StrCat("the plan groups keys by ", plan.max_parallelism,
                            " and the state by ", manifest.max_parallelism),
       .where = absl::StrCat("checkpoint ", manifest.checkpoint.value()),
       .why = "'pipeline.max-parallelism' is part of how state is stored",
       .fix = absl::StrCat("SET 'pipeline.max-parallelism' = '",
                           manifest.max_parallelism, "'.")});
}

absl::Status OtherMeaning(const std::vector<std::string>& changed,
                          const Manifest& manifest,
                          const RestoreReport& report) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.code = "JOB-0060",
       .what = absl::StrCat("the state of ", absl::StrJoin(changed, ", "),
                            " means something else in this plan"),
       .where = absl::StrCat("checkpoint ", manifest.checkpoint.value()),
       .why = absl::StrCat(
           "its keys, calls or windows have changed (kept: ",
           absl::StrJoin(report.kept, ", "),
           "; new: ", absl::StrJoin(report.fresh, ", "),
           "; dropped: ", absl::StrJoin(report.dropped, ", "), ")"),
       .fix = "Run the script as it was, or begin anew with --fresh."});
}

absl::Status NoPlace(const Manifest& manifest, const RestoreReport& report) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      {.code = "JOB-0062",
       .what = absl::StrCat("the plan has no place for the state of ",
                            absl::StrJoin(report.dropped, ", ")),
       .where = absl::StrCat("savepoint ", manifest.checkpoint.value()),
       .why = absl::StrCat("it is in the savepoint and would be lost (kept: ",
                           absl::StrJoin(report.kept, ", "), "; new: ",
                           absl::StrJoin(report.fresh, ", "), ")"),
       .fix = "Bring back what of the script it was of, or have it dropped: "
              "run with -n (--allowNonRestoredState)."});
}

bool IgnoresUnclaimed(const JobPlan& plan) {
  constexpr char kOlderName[] = "execution.savepoint.ignore-unclaimed-state";
  for (const char* key : {kIgnoreUnclaimedState, kOlderName}) {
    const auto found = plan.config.find(key);
    if (found != plan.config.end()) return found->second == "true";
  }
  return false;
}

// What one uid left in a checkpoint.
struct Stored {
  bool has_keys = false;
  bool has_lists = false;
  uint64_t fingerprint = 0;
};

std::map<std::string, Stored> StoredByUid(const Manifest& manifest) {
  std::map<std::string, Stored> by_uid;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    Stored& stored = by_uid[snapshot.uid];
    stored.fingerprint = snapshot.fingerprint;
    stored.has_keys |= !snapshot.parts.empty();
    for (const ItemList& list : snapshot.lists) {
      stored.has_lists |= !list.items.empty() && list.name != kInputWatermark;
    }
  }
  return by_uid;
}

}  // namespace

absl::StatusOr<RestoreReport> CheckRestore(const Manifest& manifest,
                                           const JobPlan& plan) {
  if (manifest.max_parallelism != plan.max_parallelism) {
    return OtherGroups(manifest, plan);
  }
  std::map<std::string, Stored> by_uid = StoredByUid(manifest);
  RestoreReport report;
  std::vector<std::string> changed;
  for (const Vertex& vertex : plan.vertices) {
    const auto found = by_uid.find(vertex.uid);
    if (found == by_uid.end()) {
      report.fresh.push_back(vertex.uid);
      continue;
    }
    const Stored& stored = found->second;
    if (stored.has_keys && stored.fingerprint != vertex.fingerprint) {
      changed.push_back(vertex.uid);
    } else if (stored.has_keys || stored.has_lists) {
      report.kept.push_back(vertex.uid);
    }
    by_uid.erase(found);
  }
  for (const auto& [uid, stored] : by_uid) {
    if (!stored.has_keys && !stored.has_lists) continue;
    const bool kept = SubtaskRejections::IsSinkOf(plan, uid);
    (kept ? report.kept : report.dropped).push_back(uid);
  }
  if (!changed.empty()) return OtherMeaning(changed, manifest, report);
  // A job goes on from its own checkpoints whatever has become of its script.
  if (manifest.is_savepoint && !report.dropped.empty() &&
      !IgnoresUnclaimed(plan)) {
    return NoPlace(manifest, report);
  }
  return report;
}

}  // namespace millrace
