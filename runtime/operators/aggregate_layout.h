#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/accumulator.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// What the slot of a group holds for a list of aggregate calls:
//
//   | touch (4), group id (4) |  only where asked for
//   | row count (8)           |  only where asked for
//   | stamp (8)               |  only where asked for
//   | accumulators ...        |  equal calls share one; SUM and AVG too
//
// Immutable after it was made, but for what its accumulators hold beside the
// slots. Owned by one operator.
class AggregateLayout {
 public:
  struct Options {
    AggregatePhase phase = AggregatePhase::kSingle;
    bool retracts = false;   // MIN and MAX keep every value.
    bool marks = false;      // A touch mark and a group id in each slot.
    bool row_count = false;
    bool stamp = false;      // The time of the group's last change.
  };
  // kUnimplemented (JOB-0021) names a call that no accumulator computes.
  static absl::StatusOr<AggregateLayout> Make(
      std::span<const AggregateCall> calls, const Options& options);

  struct Planned {
    std::unique_ptr<Accumulator> accumulator;
    std::vector<int32_t> args;  // Columns of the input.
    int filter = -1;            // Place in filters(); -1 = every row.
    int distinct_set = -1;      // Place in distinct_sets(); -1 = every value.
  };
  // Every DISTINCT call over one column: they share one table of values.
  struct DistinctSet {
    int32_t column = 0;
    LogicalType type;
    std::vector<int> planned;  // Bit or counter i is accumulator planned[i].
  };

  uint32_t slot_bytes() const { return slot_bytes_; }
  const std::vector<Planned>& planned() const { return planned_; }
  // BOOLEAN columns of the input, each once.
  const std::vector<int32_t>& filters() const { return filters_; }
  const std::vector<DistinctSet>& distinct_sets() const { return sets_; }
  bool retracts() const { return options_.retracts; }
  // Whether a row that is added always changes the results: there is a
  // COUNT(*) of every row.
  bool counts_every_row() const { return counts_every_row_; }

  uint32_t& touch(char* slot) const {
    return *reinterpret_cast<uint32_t*>(slot);
  }
  uint32_t& group_id(char* slot) const {
    return *reinterpret_cast<uint32_t*>(slot + 4);
  }
  uint32_t group_id(const char* slot) const {
    return *reinterpret_cast<const uint32_t*>(slot + 4);
  }
  int64_t& row_count(char* slot) const {
    return *reinterpret_cast<int64_t*>(slot + header_offset());
  }
  int64_t& stamp(char* slot) const {
    return *reinterpret_cast<int64_t*>(slot + header_offset() +
                                       (options_.row_count ? 8 : 0));
  }

  // One column a result, in the calls' order (kLocal: their partials').
  std::vector<VectorRef> Emit(const char* const* slots, uint32_t count) const;

  // What a snapshot keeps of a slot: the row count and the stamp where there
  // are any, then each accumulator's bytes (version 1).
  void Encode(const char* slot, std::string& out) const;
  // The stamp in what Encode gave; INT64_MAX where it has none.
  int64_t EncodedStamp(absl::string_view encoded) const;
  // Back into zeroed slots; takes `in` up. False: bytes are damaged.
  bool Decode(std::span<absl::string_view> in, char* const* slots,
              SlotHeap& heap) const;
  // Whether several threads may Decode at once, each into slots and a heap of
  // its own.
  bool decodes_apart() const;
  // What the slot has in `from` lies in `to` afterwards; it means the same.
  void Move(char* slot, SlotHeap& from, SlotHeap& to) const;
  // To be called before a slot is erased.
  void Release(char* slot, SlotHeap& heap) const;

 private:
  struct Result {
    int planned = 0;
    AggregateResult result = AggregateResult::kValue;
    LogicalType type;
  };

  explicit AggregateLayout(const Options& options) : options_(options) {}
  // Of what a snapshot keeps of the header, behind the marks.
  uint32_t header_offset() const { return options_.marks ? 8 : 0; }
  uint32_t header_bytes() const {
    return (options_.row_count ? 8 : 0) + (options_.stamp ? 8 : 0);
  }
  absl::Status Add(const AggregateCall& call);
  // The place of the accumulator that computes `call`, made when there is none.
  absl::StatusOr<int> Plan(const AggregateCall& call);
  int FilterOf(const AggregateCall& call);
  int DistinctSetOf(const AggregateCall& call);
  std::unique_ptr<Accumulator> MakeAccumulator(const AggregateCall& call) const;

  Options options_;
  uint32_t slot_bytes_ = 0;
  bool counts_every_row_ = false;
  std::vector<Planned> planned_;
  std::vector<std::string> signatures_;  // What makes planned_[i] equal.
  std::vector<int32_t> filters_;
  std::vector<DistinctSet> sets_;
  std::vector<Result> results_;
};

}  // namespace millrace
