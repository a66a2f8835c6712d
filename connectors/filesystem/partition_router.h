#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/batch/batch.h"
#include "runtime/types/logical_type.h"

namespace millrace {

// Deals the rows of batches out by the values of the partition columns. Not
// thread-safe.
class PartitionRouter {
 public:
  // `columns` index a batch's columns, in the order of the folders; `keys` are
  // their names.
  PartitionRouter(std::vector<int> columns, std::vector<LogicalType> types,
                  std::vector<std::string> keys, std::string default_name);

  // The rows of one batch that belong to one partition.
  struct Group {
    int partition = 0;  // Index into partitions, kept for ever.
    std::shared_ptr<std::vector<uint32_t>> rows;
  };
  std::vector<Group> Route(const Batch& batch);

  // The partition of these values, in the order of the columns.
  int Add(std::vector<std::string> values);

  // "dt=2024-01-31/hm=12"; empty without partition columns.
  const std::string& folder(int partition) const {
    return partitions_[partition].folder;
  }
  // The values as text, in the order of the columns.
  const std::vector<std::string>& values(int partition) const {
    return partitions_[partition].values;
  }
  size_t column_count() const { return columns_.size(); }
  int partition_count() const { return static_cast<int>(partitions_.size()); }

 private:
  struct Partition {
    std::string folder;
    std::vector<std::string> values;
  };

  int PartitionOf(const Batch& batch, uint32_t row);
  // Whether two rows have the same strings in every partition column.
  bool SameAs(const Batch& batch, uint32_t row, uint32_t other) const;
  std::string TextOf(const Batch& batch, size_t column, uint32_t row) const;

  const std::vector<int> columns_;
  const std::vector<LogicalType> types_;
  const std::vector<std::string> keys_;
  const std::string default_name_;
  std::vector<Partition> partitions_;
  absl::flat_hash_map<std::string, int> by_folder_;
};

}  // namespace millrace
