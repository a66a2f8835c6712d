// One keyed operator and its backend, timed; see README.md. A line of
// key=value pairs a run.

#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/state/aggregate_load.h"
#include "bench/state/machine_probe.h"
#include "runtime/base/background_pool.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/base/posix_disk.h"
#include "runtime/base/waker.h"
#include "state/rocksdb_backend.h"
#include "state/storage/local_object_store.h"

namespace millrace {
namespace {

double Seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + now.tv_nsec * 1e-9;
}
double CpuSeconds() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }
double WallSeconds() { return Seconds(CLOCK_MONOTONIC); }

using Arguments = std::map<std::string, std::string>;

Arguments Parse(int count, char** texts) {
  Arguments arguments = {{"query", "q17"}, {"backend", "memory"},
                         {"keys", "1000000"}, {"events", "5000000"},
                         {"every", "10000000"}, {"resident-mb", "64"},
                         {"cache-mb", "64"}, {"mode", "events"},
                         {"folder", "/tmp/millrace-state"}};
  for (int i = 1; i + 1 < count; i += 2) arguments[texts[i] + 2] = texts[i + 1];
  return arguments;
}

int64_t Number(const Arguments& arguments, const char* name) {
  int64_t number = 0;
  MILLRACE_CHECK(absl::SimpleAtoi(arguments.at(name), &number));
  return number;
}

class CountingOutput final : public Output {
 public:
  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch batch) override {
    rows += batch.row_count;
    return absl::OkStatus();
  }
  uint64_t rows = 0;
};

// The operator with everything that a job would put around it.
class Rig {
 public:
  explicit Rig(const Arguments& arguments)
      : load(arguments.at("query"), Number(arguments, "keys")),
        rocksdb_(arguments.at("backend") == "rocksdb"),
        folder_(arguments.at("folder")) {
    MILLRACE_CHECK_OK(RemoveTree(disk_, folder_));
    objects_ =
        *LocalObjectStore::Open(&disk_, {.folder = folder_ + "/objects"});
    options_ = {.folder = folder_ + "/local", .disk = &disk_,
                .executor = &pool_, .wake = [this] { waker_.Wake(); },
                .resident_bytes = Number(arguments, "resident-mb") << 20};
    options_.memory =
        *RocksDbMemory::Draw(Number(arguments, "cache-mb") << 20, nullptr);
    Open();
  }

  void Open() {
    operator_.reset();
    const BackendPlace place = {.job_id = "bench", .attempt = ++attempt_,
                                .uid = "groups"};
    backend_ = rocksdb_
                   ? NewRocksDbBackend(place, options_, objects_.get())
                   : NewMemoryBackendFromAnyForm(place, options_,
                                                 objects_.get());
    operator_ = *load.Open({.name = "bench", .clock = &clock_,
                            .state = backend_.get()});
  }
  void Process(const Batch& batch) {
    WriteRest(kRestEntries);
    for (;;) {
      waker_.BeginTurn();
      const double start = WallSeconds();
      const auto progress = operator_->Process(0, batch, output_);
      longest_call_ = std::max(longest_call_, WallSeconds() - start);
      MILLRACE_CHECK_OK(progress.status());
      if (*progress == Progress::kDone) return;
      if (upload_done_) Settle();
      waker_.Wait(1'000'000);
    }
  }
  // Freezes at once, writes in slices between the batches that follow, uploads
  // beside them. Seconds of the first.
  double Checkpoint() {
    Settle();
    const double start = WallSeconds();
    writer_ = backend_->BeginSnapshot(CheckpointId(++checkpoint_));
    MILLRACE_CHECK_OK(operator_->Snapshot(*writer_));
    WriteRest(kBarrierEntries);
    return WallSeconds() - start;
  }
  // Waits for the upload and completes its checkpoint.
  void Settle() {
    while (writer_ != nullptr) WriteRest(kRestEntries);
    if (!uploading_) return;
    while (!upload_done_) {
      waker_.BeginTurn();
      if (!upload_done_) waker_.Wait(1'000'000);
    }
    MILLRACE_CHECK_OK(uploaded_.status());
    snapshot_ = *uploaded_;
    backend_->OnComplete(CheckpointId(checkpoint_));
    uploading_ = upload_done_ = false;
  }
  // Seconds, of those since the last call.
  double TakeLongestSlice() { return std::exchange(longest_slice_, 0); }
  // The same of the operator's own turns.
  double TakeLongestCall() { return std::exchange(longest_call_, 0); }
  void Restore() {
    const auto reader = backend_->Restore({snapshot_});
    MILLRACE_CHECK_OK(reader.status());
    MILLRACE_CHECK_OK(operator_->Restore(**reader));
  }
  int64_t SnapshotBytes() const {
    int64_t bytes = 0;
    for (const FileRef& file : FilesOf(snapshot_)) bytes += file.size_bytes;
    return bytes;
  }

  AggregateLoad load;

 private:
  // About 0.1 ms at the barrier, and as much as a turn after it.
  static constexpr uint32_t kBarrierEntries = 256;
  static constexpr uint32_t kRestEntries = 1024;

  void WriteRest(uint32_t limit) {
    if (writer_ == nullptr) return;
    const double start = WallSeconds();
    const auto is_done = writer_->WriteRest(limit);
    MILLRACE_CHECK_OK(is_done.status());
    if (*is_done) BeginUpload();
    longest_slice_ = std::max(longest_slice_, WallSeconds() - start);
  }
  void BeginUpload() {
    auto upload = backend_->Freeze(std::move(writer_));
    MILLRACE_CHECK_OK(upload.status());
    uploading_ = true;
    pool_.Post([this, upload = *std::move(upload)] {
      uploaded_ = upload();
      upload_done_ = true;
      waker_.Wake();
    });
  }

  const bool rocksdb_;
  const std::string folder_;
  PosixDisk disk_;
  Waker waker_;
  std::atomic<bool> upload_done_ = false;
  bool uploading_ = false;
  absl::StatusOr<OperatorSnapshot> uploaded_ = absl::UnknownError("none");
  OperatorSnapshot snapshot_;
  ManualClock clock_{absl::UnixEpoch()};
  std::unique_ptr<LocalObjectStore> objects_;
  RocksDbOptions options_;
  CountingOutput output_;
  std::unique_ptr<OperatorBackend> backend_;
  std::unique_ptr<SnapshotWriter> writer_;  // While something is left.
  std::unique_ptr<Operator> operator_;
  double longest_slice_ = 0;
  double longest_call_ = 0;
  int64_t attempt_ = 0;
  int64_t checkpoint_ = 0;
  BackgroundPool pool_{2};  // Ends first.
};

void Fill(Rig& rig) {
  for (uint64_t i = 0; i * kMaxBatchRows < rig.load.key_count(); ++i) {
    rig.Process(rig.load.Each(i));
  }
}

int64_t ResidentMegabytes() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    MILLRACE_CHECK(std::fscanf(file, "%*d %ld", &pages) == 1);
    std::fclose(file);
  }
  return pages * 4 / 1024;
}

// Every key is there; then events over all of them.
void RunEvents(const Arguments& arguments) {
  Rig rig(arguments);
  Fill(rig);
  const int64_t events = Number(arguments, "events");
  // 0: no checkpoint ever, and so no account of changes.
  const int64_t every = Number(arguments, "every");
  if (every > 0) rig.Checkpoint();
  rig.Settle();
  rig.TakeLongestSlice();
  rig.TakeLongestCall();
  const double cpu = CpuSeconds();
  const double wall = WallSeconds();
  double making = 0;
  double longest = 0;
  for (int64_t done = 0, since = 0; done < events;
       done += kMaxBatchRows, since += kMaxBatchRows) {
    const double start = Seconds(CLOCK_THREAD_CPUTIME_ID);
    const Batch batch = rig.load.Next(rig.load.key_count());
    making += Seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    rig.Process(batch);
    if (every == 0 || since < every) continue;
    longest = std::max(longest, rig.Checkpoint());
    since = 0;
  }
  rig.Settle();
  longest = std::max(longest, rig.TakeLongestSlice());
  std::printf(" cpu_ns_per_event=%.0f wall_ns_per_event=%.0f sync_ms=%.1f"
              " call_ms=%.1f resident_mb=%ld\n",
              (CpuSeconds() - cpu - making) * 1e9 / events,
              (WallSeconds() - wall - making) * 1e9 / events, longest * 1e3,
              rig.TakeLongestCall() * 1e3, ResidentMegabytes());
}

// What a checkpoint took, as pairs whose names begin with `name`.
void TimeCheckpoint(Rig& rig, const char* name) {
  rig.TakeLongestSlice();
  const double start = WallSeconds();
  const double sync = rig.Checkpoint();
  rig.Settle();
  std::printf(" %ssync_ms=%.1f %sslice_ms=%.1f %swhole_s=%.2f", name,
              sync * 1e3, name, rig.TakeLongestSlice() * 1e3, name,
              WallSeconds() - start);
}

void ChangeHundredth(Rig& rig) {
  for (uint64_t i = 0; i < rig.load.key_count() / 100; i += kMaxBatchRows) {
    rig.Process(rig.load.Next(rig.load.key_count()));
  }
}

void RunProbe(const Arguments& arguments) {
  PosixDisk disk;
  MILLRACE_CHECK_OK(disk.MakeDirectory(arguments.at("folder")));
  const MachineProbe probe =
      MachineProbe::Of(arguments.at("folder"), Number(arguments, "keys"));
  std::printf(" new_memory=%.0f copy=%.0f scan=%.0f disk_write=%.0f"
              " cached_read=%.0f\n",
              probe.new_memory, probe.copy, probe.scan, probe.disk_write,
              probe.cached_read);
}

double SystemSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_stime.tv_sec) +
         usage.ru_stime.tv_usec * 1e-6;
}

// Snapshots' worth of memory, which is more than a restore takes: a table of
// twice its snapshot, and what is read for it.
constexpr int64_t kRestoreMemoryParts = 4;

// A large state of which a hundredth changes; then it is restored, and a
// hundredth changes again.
void RunChurn(const Arguments& arguments) {
  Rig rig(arguments);
  Fill(rig);
  TimeCheckpoint(rig, "first_");
  const int64_t whole_bytes = rig.SnapshotBytes();
  ChangeHundredth(rig);
  TimeCheckpoint(rig, "");
  std::printf(" state_mb=%ld change_mb=%.1f", whole_bytes >> 20,
              (rig.SnapshotBytes() - whole_bytes) / 1048576.0);
  rig.Open();
  WarmMemory(kRestoreMemoryParts * whole_bytes);
  const double start = WallSeconds();
  const double cpu = CpuSeconds();
  const double system = SystemSeconds();
  rig.Restore();
  std::printf(" restore_s=%.2f restore_cpu_s=%.2f restore_kernel_s=%.2f",
              WallSeconds() - start, CpuSeconds() - cpu,
              SystemSeconds() - system);
  ChangeHundredth(rig);
  TimeCheckpoint(rig, "next_");
  std::printf(" resident_mb=%ld\n", ResidentMegabytes());
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  const millrace::Arguments arguments = millrace::Parse(argc, argv);
  const std::string& mode = arguments.at("mode");
  for (const char* name : {"mode", "query", "backend", "keys"}) {
    std::printf("%s=%s ", name, arguments.at(name).c_str());
  }
  if (mode == "probe") {
    millrace::RunProbe(arguments);
  } else if (mode == "churn") {
    millrace::RunChurn(arguments);
  } else {
    millrace::RunEvents(arguments);
  }
}
