#include "runtime/operators/aggregate_layout.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "runtime/base/check.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/plan/aggregate_partials.h"

namespace millrace {
namespace {

// The bits of one word mark the DISTINCT calls over one column.
constexpr size_t kMaxDistinctCalls = 64;

absl::Status NotComputed(const AggregateCall& call, absl::string_view why) {
  return MakeError(
      absl::StatusCode::kUnimplemented,
      {.code = "JOB-0021",
       .what = absl::StrCat(
           "the aggregate ", call.function, "(",
           absl::StrJoin(call.arg_types, ", ",
                         [](std::string* out, const LogicalType& type) {
                           absl::StrAppend(out, type.ToString());
                         }),
           ") cannot be computed"),
       .why = std::string(why),
       .fix = "Use COUNT, SUM, AVG, MIN or MAX over a type they take."});
}

// MIN and MAX of a set are those of the rows.
bool IsDistinct(const AggregateCall& call) {
  return call.distinct && call.function != "MIN" && call.function != "MAX";
}

// SUM and AVG share an accumulator but for FLOAT, which AVG widens.
bool SharesSum(const AggregateCall& call) {
  return (call.function == "SUM" || call.function == "AVG") &&
         call.args.size() == 1 && !call.arg_types[0].Is(TypeRoot::kFloat);
}

}  // namespace

absl::StatusOr<AggregateLayout> AggregateLayout::Make(
    std::span<const AggregateCall> calls, const Options& options) {
  AggregateLayout layout(options);
  layout.slot_bytes_ = layout.header_offset() + layout.header_bytes();
  for (const AggregateCall& call : calls) RETURN_IF_ERROR(layout.Add(call));
  return layout;
}

absl::Status AggregateLayout::Add(const AggregateCall& call) {
  ASSIGN_OR_RETURN(const int planned, Plan(call));
  const bool average = call.function == "AVG";
  if (options_.phase == AggregatePhase::kLocal && average) {
    const std::vector<LogicalType> partials = PartialTypes(call);
    results_.push_back({planned, AggregateResult::kSum, partials[0]});
    results_.push_back({planned, AggregateResult::kCount, partials[1]});
    return absl::OkStatus();
  }
  results_.push_back({planned, average ? AggregateResult::kAverage
                                       : AggregateResult::kValue,
                      call.result});
  return absl::OkStatus();
}

absl::StatusOr<int> AggregateLayout::Plan(const AggregateCall& call) {
  std::string signature = absl::StrCat(
      SharesSum(call) ? "SUM" : call.function, "(",
      absl::StrJoin(call.args, ","), ")", IsDistinct(call) ? "D" : "",
      call.filter ? absl::StrCat("F", *call.filter) : "");
  const auto known =
      std::find(signatures_.begin(), signatures_.end(), signature);
  if (known != signatures_.end()) {
    return static_cast<int>(known - signatures_.begin());
  }
  Planned planned;
  planned.accumulator = MakeAccumulator(call);
  if (planned.accumulator == nullptr) {
    return NotComputed(call, "there is no such function over that type");
  }
  const auto place = static_cast<int>(planned_.size());
  planned.args = call.args;
  planned.filter = FilterOf(call);
  if (IsDistinct(call)) {
    planned.distinct_set = DistinctSetOf(call);
    DistinctSet& set = sets_[planned.distinct_set];
    if (set.planned.size() == kMaxDistinctCalls) {
      return NotComputed(call, "more than 64 DISTINCT calls share a column");
    }
    set.planned.push_back(place);
  }
  counts_every_row_ |= call.function == "COUNT" && call.args.empty() &&
                       !call.filter && !IsDistinct(call);
  slot_bytes_ += (planned.accumulator->size_bytes() + 7) / 8 * 8;
  planned_.push_back(std::move(planned));
  signatures_.push_back(std::move(signature));
  return place;
}

int AggregateLayout::FilterOf(const AggregateCall& call) {
  if (!call.filter) return -1;
  const auto known = std::find(filters_.begin(), filters_.end(), *call.filter);
  const auto place = static_cast<int>(known - filters_.begin());
  if (known == filters_.end()) filters_.push_back(*call.filter);
  return place;
}

int AggregateLayout::DistinctSetOf(const AggregateCall& call) {
  for (size_t i = 0; i < sets_.size(); ++i) {
    if (sets_[i].column == call.args[0]) return static_cast<int>(i);
  }
  sets_.push_back({.column = call.args[0], .type = call.arg_types[0]});
  return static_cast<int>(sets_.size()) - 1;
}

std::unique_ptr<Accumulator> AggregateLayout::MakeAccumulator(
    const AggregateCall& call) const {
  const bool partials = options_.phase == AggregatePhase::kGlobal;
  const uint32_t offset = slot_bytes_;
  if (call.function == "COUNT") return MakeCount(offset, partials);
  if (call.args.empty()) return nullptr;
  const LogicalType& arg = call.arg_types[0];
  if (call.function == "SUM" || call.function == "AVG") {
    return MakeSum(offset, arg, call.function == "AVG", partials);
  }
  if (call.function == "LAST") return MakeLast(offset, arg);
  if (call.function != "MIN" && call.function != "MAX") return nullptr;
  const bool largest = call.function == "MAX";
  return options_.retracts ? MakeCountedExtreme(offset, arg, largest)
                           : MakeExtreme(offset, arg, largest);
}

std::vector<VectorRef> AggregateLayout::Emit(const char* const* slots,
                                             uint32_t count) const {
  std::vector<VectorRef> columns;
  columns.reserve(results_.size());
  for (const Result& result : results_) {
    auto column = std::make_shared<Vector>(result.type.physical(),
                                           std::max<uint32_t>(count, 1));
    planned_[result.planned].accumulator->Emit(result.result, slots, count,
                                               *column);
    columns.push_back(std::move(column));
  }
  return columns;
}

void AggregateLayout::Encode(const char* slot, std::string& out) const {
  out.append(slot + header_offset(), header_bytes());
  for (const Planned& planned : planned_) {
    planned.accumulator->Encode(slot, out);
  }
}

int64_t AggregateLayout::EncodedStamp(absl::string_view encoded) const {
  const size_t offset = options_.row_count ? 8 : 0;
  int64_t stamp = INT64_MAX;
  if (options_.stamp && encoded.size() >= offset + sizeof stamp) {
    std::memcpy(&stamp, encoded.data() + offset, sizeof stamp);
  }
  return stamp;
}

bool AggregateLayout::Decode(std::span<absl::string_view> in,
                             char* const* slots, SlotHeap& heap) const {
  for (size_t i = 0; i < in.size() && header_bytes() > 0; ++i) {
    if (in[i].size() < header_bytes()) return false;
    std::copy_n(in[i].data(), header_bytes(), slots[i] + header_offset());
    in[i].remove_prefix(header_bytes());
  }
  for (const Planned& planned : planned_) {
    if (!planned.accumulator->Decode(in, slots, heap)) return false;
  }
  return std::all_of(in.begin(), in.end(),
                     [](absl::string_view rest) { return rest.empty(); });
}

bool AggregateLayout::decodes_apart() const {
  return std::none_of(planned_.begin(), planned_.end(),
                      [](const Planned& planned) {
                        return planned.accumulator->HasMore();
                      });
}

void AggregateLayout::Move(char* slot, SlotHeap& from, SlotHeap& to) const {
  std::string bytes;
  Encode(slot, bytes);
  Release(slot, from);
  std::fill(slot + header_offset(), slot + slot_bytes_, '\0');
  absl::string_view encoded = bytes;
  MILLRACE_CHECK(Decode({&encoded, 1}, &slot, to));
}

void AggregateLayout::Release(char* slot, SlotHeap& heap) const {
  for (const Planned& planned : planned_) {
    planned.accumulator->Release(slot, heap);
  }
}

}  // namespace millrace
