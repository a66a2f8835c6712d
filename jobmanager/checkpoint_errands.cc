#include "jobmanager/checkpoint_errands.h"

#include <utility>

#include "jobmanager/checkpoint_errors.h"
#include "runtime/base/status_macros.h"
#include "state/storage/pending_output.h"

namespace millrace {
namespace {

struct Begun {
  JobRecord record;
  CheckpointErrands::Beginning beginning;
};

absl::StatusOr<Begun> Begin(
    const CheckpointErrands::Options& options,
    const std::function<bool(CheckpointId)>& is_known) {
  CheckpointStore& store = *options.store;
  const std::string& job_id = options.job_id;
  Begun begun;
  auto record = store.BeginAttempt(job_id, options.right);
  if (absl::IsAborted(record.status())) {
    return AnotherRunsTheJob(record.status());
  }
  ASSIGN_OR_RETURN(begun.record, std::move(record));
  begun.beginning.attempt = begun.record.attempt;
  ASSIGN_OR_RETURN(auto latest, store.LoadLatest(begun.record));
  if (!latest) return begun;
  begun.beginning.latest = std::make_shared<const Manifest>(*std::move(latest));
  begun.beginning.ends_job = begun.record.retained.back().ends_job;
  for (size_t i = 0; i + 1 < begun.record.retained.size(); ++i) {
    const RetainedCheckpoint& retained = begun.record.retained[i];
    if (is_known(retained.checkpoint)) continue;
    auto older = store.Load(job_id, retained);
    if (older.ok()) {
      begun.beginning.older.push_back(*std::move(older));
    } else {
      begun.beginning.all_read = false;
    }
  }
  return begun;
}

// `record` as it was when this was asked for.
absl::StatusOr<CheckpointErrands::Listing> ListAll(
    CheckpointStore& store, const std::string& job_id, const JobRecord& record,
    const std::function<bool(CheckpointId)>& is_known) {
  const CheckpointId next = record.last_checkpoint.Next();
  CheckpointErrands::Listing listing = {.next = next};
  ASSIGN_OR_RETURN(listing.names, store.ListObjects(job_id));
  // What the attempt seals now it may refer to later.
  std::erase_if(listing.names, [&](const std::string& name) {
    const auto attempt = OutputAttemptOf(job_id, name);
    return attempt && *attempt >= record.attempt;
  });
  for (const std::string& name : listing.names) {
    const auto id = CheckpointOf(job_id, name);
    if (!id || *id >= next || is_known(*id) ||
        name != ManifestName(job_id, *id)) {
      continue;
    }
    ASSIGN_OR_RETURN(Manifest unnamed, store.LoadUnnamed(job_id, *id));
    if (unnamed.is_savepoint) listing.savepoints.push_back(std::move(unnamed));
  }
  return listing;
}

}  // namespace

void CheckpointErrands::Enqueue(Work work) {
  waiting_.push_back(std::move(work));
  if (!busy_) StartNext();
}

void CheckpointErrands::StartNext() {
  busy_ = !waiting_.empty();
  if (!busy_) return;
  Work work = std::move(waiting_.front());
  waiting_.pop_front();
  options_.background->Post(
      [this, work = std::move(work), record = record_] {
        options_.post([this, finish = work(record)] {
          finish();
          StartNext();
        });
      });
}

void CheckpointErrands::BeginAttempt(
    std::function<bool(CheckpointId)> is_known,
    std::function<void(absl::StatusOr<Beginning>)> done) {
  Enqueue([this, is_known = std::move(is_known),
           done = std::move(done)](const JobRecord&) {
    return [this, done, begun = Begin(options_, is_known)]() mutable {
      if (!begun.ok()) return done(begun.status());
      record_ = std::move(begun->record);
      done(std::move(begun->beginning));
    };
  });
}

void CheckpointErrands::ReserveId(
    std::function<void(absl::StatusOr<CheckpointId>)> done) {
  Enqueue([this, done = std::move(done)](const JobRecord& mine) {
    return [this, done, record = options_.store->ReserveId(
                            mine, options_.ids_above)]() mutable {
      if (!record.ok()) return done(record.status());
      record_ = *std::move(record);
      done(record_.last_checkpoint);
    };
  });
}

void CheckpointErrands::WriteManifest(
    std::shared_ptr<const Manifest> manifest,
    std::function<void(absl::Status)> done) {
  Enqueue([this, manifest = std::move(manifest),
           done = std::move(done)](const JobRecord&) {
    return [this, done,
            written = options_.store->WriteManifest(*manifest)]() mutable {
      if (written.ok()) written_ = *std::move(written);
      done(written.status());
    };
  });
}

void CheckpointErrands::SwapPointer(bool ends_job,
                                    std::function<void(absl::Status)> done) {
  RetainedCheckpoint latest = written_;
  latest.ends_job = ends_job;
  Enqueue([this, done = std::move(done),
           latest = std::move(latest)](const JobRecord& mine) {
    return [this, done,
            record = options_.store->SwapPointer(
                mine, latest, options_.retained)]() mutable {
      if (record.ok()) record_ = *std::move(record);
      done(record.status());
    };
  });
}

void CheckpointErrands::Forget(std::vector<std::string> names,
                               std::function<void(absl::Status)> done) {
  Enqueue([this, names = std::move(names),
           done = std::move(done)](const JobRecord& mine) {
    auto record = options_.store->Forget(mine);
    // What stays behind is an orphan, and nothing to tell anybody about.
    if (record.ok()) options_.store->Delete(names).IgnoreError();
    return [this, done, record = std::move(record)]() mutable {
      if (record.ok()) record_ = *std::move(record);
      done(record.status());
    };
  });
}

void CheckpointErrands::Delete(std::vector<std::string> names) {
  options_.background->Post(
      [store = options_.store, names = std::move(names)] {
        store->Delete(names).IgnoreError();
      });
}

void CheckpointErrands::List(std::function<bool(CheckpointId)> is_known,
                             std::function<void(absl::StatusOr<Listing>)>
                                 done) {
  options_.background->Post([this, is_known = std::move(is_known),
                             done = std::move(done), record = record_] {
    options_.post([done,
                   listing = ListAll(*options_.store, options_.job_id, record,
                                     is_known)] { done(listing); });
  });
}

}  // namespace millrace
