#include "runtime/operators/group_keys.h"

#include <array>
#include <cstring>
#include <numeric>
#include <utility>

#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// 0, 1, 2, ...: the rows of a selection without an index.
const uint32_t* AllRows() {
  static const auto rows = [] {
    std::array<uint32_t, kMaxBatchRows> numbers;
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  }();
  return rows.data();
}

bool AllEqual(const std::vector<char*>& slots, uint32_t count) {
  for (uint32_t i = 1; i < count; ++i) {
    if (slots[i] != slots[0]) return false;
  }
  return true;
}

}  // namespace

GroupKeys::GroupKeys(std::vector<int32_t> columns,
                     const std::vector<LogicalType>& input)
    : columns_(std::move(columns)) {
  for (const int32_t column : columns_) types_.push_back(input[column]);
  if (!types_.empty()) packer_.emplace(types_);
}

std::optional<KeyLayout> GroupKeys::layout() const {
  if (!packer_) return std::nullopt;
  return packer_->layout();
}

absl::StatusOr<SlotRows> GroupKeys::Locate(AggregateTable& table,
                                           const Batch& batch, Selection rows,
                                           uint8_t* inserted) {
  MILLRACE_CHECK(rows.size() <= kMaxBatchRows);
  SlotRows located = {.count = rows.size(),
                      .rows = rows.is_dense() ? AllRows() : rows.rows()};
  if (!packer_) {
    bool is_new = false;
    slots_.resize(1);
    ASSIGN_OR_RETURN(slots_[0], table.LocateSingle(&is_new));
    if (inserted != nullptr) {
      std::memset(inserted, 0, rows.size());
      inserted[0] = is_new;
    }
    located.one_slot = true;
  } else {
    slots_.resize(rows.size());
    RETURN_IF_ERROR(
        table.Locate(Pack(batch, rows), slots_.data(), inserted));
    located.one_slot = rows.size() > 0 && AllEqual(slots_, rows.size());
  }
  located.slots = slots_.data();
  return located;
}

PackedKeys GroupKeys::Pack(const Batch& batch, Selection rows) {
  if (!packer_) {
    static constexpr char kEmptyCell[8] = {};
    hashes_.assign(1, NullWordHash());
    return {.count = 1, .hashes = hashes_.data(), .cells = kEmptyCell};
  }
  vectors_.clear();
  for (const int32_t column : columns_) {
    vectors_.push_back(batch.columns[column]);
  }
  return packer_->Pack(vectors_, rows, batch.hashes);
}

std::vector<VectorRef> GroupKeys::Columns(const AggregateTable& table,
                                          const char* const* slots,
                                          uint32_t count) {
  if (!packer_) return {};
  cells_.resize(count);
  hashes_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    cells_[i] = table.slots().cell(slots[i]);
    hashes_[i] = table.slots().hash(slots[i]);
  }
  return packer_->Unpack(cells_.data(), hashes_.data(), count);
}

}  // namespace millrace
