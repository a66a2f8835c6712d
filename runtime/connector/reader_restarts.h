#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/connector/source.h"

namespace millrace {

// Runs one test case of a SplitReader: its splits are read to their end
// straight, then by readers that follow one another, each restored from the
// snapshot of the last, with a restart after every batch, and with one restart
// after the n-th batch for every n. All of them must give the same rows, and
// reject the same records.
//
// Splits of a restored reader are added in another order, as after a rescale.
class ReaderRestarts {
 public:
  struct Options {
    std::function<absl::StatusOr<std::unique_ptr<SplitReader>>()> make;
    std::vector<Split> splits;
    std::vector<LogicalType> types;  // Of the columns that it gives.
    uint32_t max_rows = 3;
  };
  explicit ReaderRestarts(Options options) : options_(std::move(options)) {}

  // Empty when all ways gave the same rows, else the first difference for
  // people to read.
  std::string Difference() const;

  // The rows of the straight way, "1, a", in ascending order.
  absl::StatusOr<std::vector<std::string>> Rows() const;

 private:
  // Restarts where `restart_after` says so of a number of batches.
  absl::StatusOr<std::vector<std::string>> Read(
      const std::function<bool(int batches)>& restart_after,
      int* batches) const;
  absl::StatusOr<std::unique_ptr<SplitReader>> Open(
      const std::vector<Split>& splits) const;
  void AppendRows(const Batch& batch, std::vector<std::string>& rows) const;

  const Options options_;
};

}  // namespace millrace
