#include "connectors/filesystem/partition_router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/partition_path.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/value_text.h"

namespace millrace {

PartitionRouter::PartitionRouter(std::vector<int> columns,
                                 std::vector<LogicalType> types,
                                 std::vector<std::string> keys,
                                 std::string default_name)
    : columns_(std::move(columns)),
      types_(std::move(types)),
      keys_(std::move(keys)),
      default_name_(std::move(default_name)) {
  if (columns_.empty()) partitions_.emplace_back();
}

std::vector<PartitionRouter::Group> PartitionRouter::Route(
    const Batch& batch) {
  std::vector<Group> groups;
  const Selection rows = batch.selection();
  if (columns_.empty()) {
    auto all = std::make_shared<std::vector<uint32_t>>(rows.size());
    for (uint32_t i = 0; i < rows.size(); ++i) (*all)[i] = rows[i];
    groups.push_back({0, std::move(all)});
    return groups;
  }
  size_t group = 0;
  for (uint32_t i = 0; i < rows.size(); ++i) {
    // Rows of one partition mostly come together.
    if (i == 0 || !SameAs(batch, rows[i], rows[i - 1])) {
      const int partition = PartitionOf(batch, rows[i]);
      group = std::find_if(groups.begin(), groups.end(),
                           [&](const Group& g) {
                             return g.partition == partition;
                           }) -
              groups.begin();
      if (group == groups.size()) {
        groups.push_back(
            {partition, std::make_shared<std::vector<uint32_t>>()});
      }
    }
    groups[group].rows->push_back(rows[i]);
  }
  return groups;
}

bool PartitionRouter::SameAs(const Batch& batch, uint32_t row,
                             uint32_t other) const {
  for (const int index : columns_) {
    const Vector& column = *batch.columns[index];
    if (column.is_constant()) continue;
    if (column.physical() != PhysicalType::kString || column.IsNull(row) ||
        column.IsNull(other)) {
      return false;
    }
    const StringView* strings = column.data<StringView>();
    if (!(strings[row] == strings[other])) return false;
  }
  return true;
}

int PartitionRouter::PartitionOf(const Batch& batch, uint32_t row) {
  std::vector<std::string> values;
  for (size_t i = 0; i < columns_.size(); ++i) {
    values.push_back(TextOf(batch, i, row));
  }
  return Add(std::move(values));
}

int PartitionRouter::Add(std::vector<std::string> values) {
  if (columns_.empty()) return 0;
  Partition partition = {.folder = "", .values = std::move(values)};
  for (size_t i = 0; i < keys_.size(); ++i) {
    absl::StrAppend(&partition.folder, i == 0 ? "" : "/",
                    PartitionFolder(keys_[i], partition.values[i]));
  }
  const auto [found, is_new] =
      by_folder_.try_emplace(partition.folder, partition_count());
  if (is_new) partitions_.push_back(std::move(partition));
  return found->second;
}

std::string PartitionRouter::TextOf(const Batch& batch, size_t column,
                                    uint32_t row) const {
  const Value value = ValueAt(*batch.columns[columns_[column]], row);
  if (value.is_null()) return default_name_;
  std::string text = types_[column].IsCharacter()
                         ? std::get<std::string>(value.data)
                         : ValueText(value, types_[column]);
  return text.empty() ? default_name_ : text;
}

}  // namespace millrace
