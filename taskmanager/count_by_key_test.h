#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/batch/key_packer.h"
#include "runtime/operators/operator.h"

namespace millrace {

// Counts rows by column 0; at the end says (key, count), a row at a time.
class CountByKey final : public Operator {
 public:
  absl::StatusOr<Progress> Process(int, const Batch& batch, Output&) override {
    const VectorRef keys[] = {batch.columns[0]};
    const PackedKeys packed = packer_.Pack(keys, batch.selection(), nullptr);
    uint32_t at = 0;
    batch.selection().ForEach([&](uint32_t row) {
      const KeyGroup group(KeyGroupOf(packed.hashes[at++], 128));
      ++counts_[{group, batch.columns[0]->data<int64_t>()[row]}];
    });
    return Progress::kDone;
  }
  absl::StatusOr<Progress> EndInput(Output& output) override {
    for (; !counts_.empty(); counts_.erase(counts_.begin())) {
      if (!output.HasRoom()) return Progress::kOutputFull;
      Batch batch{.row_count = 1};
      const auto& [key, count] = *counts_.begin();
      for (const int64_t value : {key.second, count}) {
        auto column = std::make_shared<Vector>(PhysicalType::kInt64, 1);
        column->data<int64_t>()[0] = value;
        batch.columns.push_back(std::move(column));
      }
      const absl::Status emitted = output.Emit(std::move(batch));
      if (!emitted.ok()) return emitted;
    }
    return Progress::kDone;
  }
  absl::Status Snapshot(SnapshotWriter& writer) override {
    absl::Status status = writer.BeginState(Schema());
    // It does not keep account of its changes.
    if (writer.extent() == SnapshotWriter::Extent::kChanges) {
      status.Update(writer.DropPrefix(""));
    }
    for (const auto& [key, count] : counts_) {
      status.Update(writer.Entry(key.first, absl::StrCat(key.second),
                                 absl::StrCat(count)));
    }
    return status;
  }
  absl::Status Restore(SnapshotReader& reader) override {
    return reader.ReadState(
        Schema(), [this](KeyGroup group, absl::string_view key,
                         absl::string_view count) {
          int64_t number = 0;
          (void)absl::SimpleAtoi(key, &number);
          (void)absl::SimpleAtoi(count, &counts_[{group, number}]);
          return absl::OkStatus();
        });
  }

 private:
  static StateSchema Schema() { return {.id = 1, .name = "counts"}; }

  KeyPacker packer_{{LogicalType::BigInt().NotNull()}};
  std::map<std::pair<KeyGroup, int64_t>, int64_t> counts_;
};

}  // namespace millrace
