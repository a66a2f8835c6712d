#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/connector/connector_registry.h"
#include "runtime/connector/numbered_splits.h"

namespace millrace {

// Makes row n of a table from n alone: what a generator is beside its options.
// Owned by one reader.
class RowGenerator {
 public:
  virtual ~RowGenerator() = default;
  // The rows of the run's numbers, of which there is at least one, with the
  // columns that the generator was opened for.
  virtual Batch Make(const NumberedSplits::Run& run) = 0;
};

// A generator's table, read and checked.
struct GeneratedTable {
  NumberedSplits::Options splits;
  std::unique_ptr<RowGenerator> rows;
};

// Reads splits of numbers. Owned by one source subtask.
class GeneratorReader final : public SplitReader {
 public:
  // `clock` outlives the reader.
  GeneratorReader(GeneratedTable table, const Clock* clock)
      : rows_(std::move(table.rows)), splits_(table.splits, clock) {}

  absl::Status AddSplit(const Split& split) override {
    return splits_.Add(split);
  }
  absl::StatusOr<Poll> Next(uint32_t max_rows) override;
  std::vector<Split> Snapshot() const override { return splits_.Snapshot(); }

 private:
  const std::unique_ptr<RowGenerator> rows_;
  NumberedSplits splits_;
};

// A source of rows made from their numbers: as many splits as readers, bounded
// where the table has a last row.
class GeneratorConnector final : public Connector {
 public:
  // Checks the table, whatever the request, and makes what it asks for.
  using Open = absl::StatusOr<GeneratedTable> (*)(
      const TableDescriptor& table, const SourceRequest& request);

  // `options` is kept for ever.
  GeneratorConnector(std::string name, const std::vector<OptionSpec>* options,
                     Open open)
      : name_(std::move(name)), options_(*options), open_(open) {}

  const std::vector<OptionSpec>& options() const override { return options_; }
  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override;
  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor& table, int parallelism) const override;
  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor& table, int parallelism) const override;
  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest& request,
      const ConnectorContext& context) const override;

 private:
  const std::string name_;
  const std::vector<OptionSpec>& options_;
  const Open open_;
};

}  // namespace millrace
