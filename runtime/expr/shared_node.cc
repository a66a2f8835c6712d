#include <algorithm>
#include <utility>

#include "runtime/expr/expression_node.h"
#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

// A set of rows of one batch.
class RowSet {
 public:
  void Reset(uint32_t row_count) {
    words_.assign((row_count + 63) / 64, 0);
    all_ = false;
  }
  void Add(Selection rows) {
    if (rows.size() == 0) return;
    if (rows.is_dense()) {
      all_ = true;
      return;
    }
    rows.ForEach([&](uint32_t row) {
      words_[row >> 6] |= uint64_t{1} << (row & 63);
    });
  }
  bool Has(uint32_t row) const {
    return all_ || ((words_[row >> 6] >> (row & 63)) & 1) != 0;
  }
  bool has_all() const { return all_; }

 private:
  std::vector<uint64_t> words_;
  bool all_ = false;  // A dense selection is always the whole batch.
};

class SharedNode final : public Node {
 public:
  SharedNode(LogicalType type, std::unique_ptr<Node> inner)
      : type_(std::move(type)), inner_(std::move(inner)) {}

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    if (result_ == nullptr || frame.number != number_) {
      number_ = frame.number;
      result_ = inner_->Evaluate(frame, rows);
      known_.Reset(frame.batch.row_count);
      known_.Add(rows);
      return result_;
    }
    if (known_.has_all() || result_->is_constant()) return result_;
    Split(frame, rows);
    if (missing_.empty()) return result_;
    const Selection missing = Selection::Of(
        missing_.data(), static_cast<uint32_t>(missing_.size()));
    const MergePiece pieces[] = {
        {result_, Selection::Of(present_.data(),
                                static_cast<uint32_t>(present_.size()))},
        {inner_->Evaluate(frame, missing), missing}};
    std::shared_ptr<Vector> merged = NewResult(type_, frame);
    MergePieces(type_, pieces, *merged);
    result_ = std::move(merged);
    known_.Add(missing);
    return result_;
  }

  void EndBatch() override {
    result_ = nullptr;
    Node::EndBatch();
    inner_->EndBatch();
  }

 private:
  // Every row of the batch that is known, and those of `rows` that are not.
  void Split(const Frame& frame, Selection rows) {
    present_.clear();
    missing_.clear();
    for (uint32_t row = 0; row < frame.batch.row_count; ++row) {
      if (known_.Has(row)) present_.push_back(row);
    }
    rows.ForEach([&](uint32_t row) {
      if (!known_.Has(row)) missing_.push_back(row);
    });
  }

  LogicalType type_;
  std::unique_ptr<Node> inner_;
  VectorRef result_;
  uint64_t number_ = 0;
  RowSet known_;
  std::vector<uint32_t> present_, missing_;
};

}  // namespace

std::unique_ptr<Node> MakeSharedNode(LogicalType type,
                                     std::unique_ptr<Node> inner) {
  return std::make_unique<SharedNode>(std::move(type), std::move(inner));
}

}  // namespace millrace
