#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "runtime/base/clock.h"
#include "runtime/base/disk.h"
#include "runtime/base/executor.h"
#include "runtime/base/metrics.h"
#include "runtime/connector/format.h"
#include "runtime/connector/output_files.h"
#include "runtime/connector/sink.h"
#include "runtime/connector/source.h"

namespace millrace {

// What a connector may use while it runs, given by the subtask that runs it.
struct ConnectorContext {
  std::string job_id;   // 32 hex digits.
  int64_t attempt = 0;  // Of the job, unique over all its attempts.
  VertexId vertex;      // Of the source or sink.
  int subtask = 0;
  int parallelism = 1;
  const Clock* clock = nullptr;
  Executor* background = nullptr;
  Disk* disk = nullptr;  // Where local files are written.
  MetricGroup* metrics = nullptr;
  // Wakes the subtask's worker, so that it polls again. Thread-safe.
  std::function<void()> wake;
  absl::TimeZone local_time_zone = absl::UTCTimeZone();
  // For a writer. Where sealed output lies that is too large for the checkpoint
  // itself; null: there is no such place.
  std::shared_ptr<OutputFiles> output_files = nullptr;
  // Likewise: whether a checkpoint may be taken before the input has ended.
  bool takes_periodic_checkpoints = true;
};

// One connector by name: checks tables at plan time, makes readers and writers
// at run time. Stateless, safe from any thread.
class Connector {
 public:
  // What the planner may rely on.
  struct Capabilities {
    bool source = false;
    bool sink = false;
    // A source that ends by itself with these options.
    bool bounded = false;
    ChangelogMode source_mode = ChangelogMode::kAppend;
    // The richest changelog that the sink accepts.
    ChangelogMode sink_mode = ChangelogMode::kAppend;
    // Rows can be read only when the checkpoint that holds them has completed.
    bool sink_commits = false;
    // Metadata keys with their types, and which of them a sink writes.
    std::vector<TableColumn> metadata;
  };

  virtual ~Connector() = default;

  virtual const std::vector<OptionSpec>& options() const = 0;

  // Checks the options and the schema without touching the outside world.
  virtual absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const = 0;

  virtual absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor& table, int parallelism) const;
  // `parallelism` is the number of readers, for sources cut to fit it.
  virtual absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor& table, int parallelism) const;
  virtual absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest& request,
      const ConnectorContext& context) const;
  virtual absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table, const ConnectorContext& context) const;
  // Null for a sink whose output needs no commit.
  virtual absl::StatusOr<std::unique_ptr<Committer>> MakeCommitter(
      const TableDescriptor& table, const ConnectorContext& context) const;
  // The context's job has ended, and no checkpoint or savepoint of it is kept:
  // removes what its attempts sealed or left open. Blocks.
  virtual absl::Status Discard(const TableDescriptor& /*table*/,
                               const ConnectorContext& /*context*/) const {
    return absl::OkStatus();
  }
};

// Connectors and formats by name. Filled once at start by `cli/`, then read.
class ConnectorRegistry {
 public:
  void Add(std::string name, std::unique_ptr<Connector> connector);
  void AddFormat(std::string name, std::unique_ptr<Format> format);

  // Errors name the nearest connector or format that exists, and list all.
  absl::StatusOr<const Connector*> Find(absl::string_view name) const;
  // The connector that the table's options name.
  absl::StatusOr<const Connector*> FindFor(const TableDescriptor& table) const;
  absl::StatusOr<const Format*> FindFormat(absl::string_view name) const;

  std::vector<std::string> ConnectorNames() const;
  std::vector<std::string> FormatNames() const;

 private:
  absl::btree_map<std::string, std::unique_ptr<Connector>> connectors_;
  absl::btree_map<std::string, std::unique_ptr<Format>> formats_;
};

}  // namespace millrace
