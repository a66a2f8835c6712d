#include <algorithm>
#include <utility>

#include "runtime/expr/expression_node.h"
#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

class LogicNode final : public Node {
 public:
  LogicNode(bool stop, std::vector<Node*> args)
      : stop_(stop), args_(std::move(args)) {}

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    const std::shared_ptr<Vector> out =
        NewResult(LogicalType::Boolean(), frame);
    uint8_t* const data = out->data<uint8_t>();
    any_unknown_ = false;
    rows.ForEach([&](uint32_t row) { data[row] = stop_ ? 0 : 1; });
    // Rows that no argument has decided yet. Two buffers in turn: each
    // narrowing reads one and writes the other.
    Selection open = rows;
    for (size_t i = 0; i < args_.size() && open.size() > 0; ++i) {
      const VectorRef value = args_[i]->Evaluate(frame, open);
      std::vector<uint32_t>& next = buffers_[i & 1];
      next.resize(open.size());
      const uint32_t left =
          value->may_have_nulls()
              ? NarrowUnknown(*value, open, frame, data, next.data())
              : Narrow(*value, open, data, next.data());
      open = Selection::Of(next.data(), left);
    }
    if (any_unknown_) {
      open.ForEach([&](uint32_t row) {
        if (unknown_[row]) ClearRow(*out, row);
      });
    }
    return out;
  }

 private:
  uint32_t Narrow(const Vector& value, Selection open, uint8_t* data,
                  uint32_t* next) const {
    const uint8_t* const from = value.data<uint8_t>();
    const uint32_t mask = value.index_mask();
    const uint8_t stop = stop_ ? 1 : 0;
    uint32_t left = 0;
    open.ForEach([&](uint32_t row) {
      const uint8_t truth = from[row & mask];
      data[row] = truth;
      next[left] = row;
      left += truth != stop;
    });
    return left;
  }

  uint32_t NarrowUnknown(const Vector& value, Selection open,
                         const Frame& frame, uint8_t* data, uint32_t* next) {
    if (!any_unknown_) {
      unknown_.assign(std::max<uint32_t>(frame.batch.row_count, 1), 0);
      any_unknown_ = true;
    }
    const uint8_t* const from = value.data<uint8_t>();
    const uint32_t mask = value.index_mask();
    uint32_t left = 0;
    open.ForEach([&](uint32_t row) {
      if (value.IsNull(row)) {
        unknown_[row] = 1;
        next[left++] = row;
      } else if ((from[row & mask] != 0) == stop_) {
        data[row] = stop_ ? 1 : 0;
      } else {
        next[left++] = row;
      }
    });
    return left;
  }

  bool stop_;
  std::vector<Node*> args_;
  std::vector<uint32_t> buffers_[2];
  std::vector<uint8_t> unknown_;
  bool any_unknown_ = false;
};

// Splits rows into those that take a branch and the rest, branch by branch,
// and puts the branches' values together.
class BranchNode : public Node {
 public:
  BranchNode(LogicalType type, std::vector<Node*> args)
      : args_(std::move(args)),
        type_(std::move(type)),
        taken_(args_.size()),
        rest_(args_.size()) {}

 protected:
  VectorRef Merged(const Frame& frame) {
    VectorRef result;
    if (pieces_.size() == 1) {
      result = std::move(pieces_[0].source);
    } else {
      std::shared_ptr<Vector> out = NewResult(type_, frame);
      MergePieces(type_, pieces_, *out);
      result = std::move(out);
    }
    pieces_.clear();
    return result;
  }

  // Divides `open` by `takes(row)`; true where anything is taken.
  template <typename Takes>
  bool Split(size_t branch, Selection& open, Takes takes) {
    std::vector<uint32_t>& taken = taken_[branch];
    std::vector<uint32_t>& rest = rest_[branch];
    taken.resize(open.size());
    rest.resize(open.size());
    uint32_t taken_size = 0;
    uint32_t rest_size = 0;
    open.ForEach([&](uint32_t row) {
      const bool takes_row = takes(row);
      taken[taken_size] = row;
      rest[rest_size] = row;
      taken_size += takes_row;
      rest_size += !takes_row;
    });
    taken.resize(taken_size);
    open = Selection::Of(rest.data(), rest_size);
    return taken_size > 0;
  }
  Selection Taken(size_t branch) const {
    return Selection::Of(taken_[branch].data(),
                         static_cast<uint32_t>(taken_[branch].size()));
  }

  std::vector<Node*> args_;
  std::vector<MergePiece> pieces_;

 private:
  LogicalType type_;
  std::vector<std::vector<uint32_t>> taken_, rest_;
};

class CaseNode final : public BranchNode {
 public:
  using BranchNode::BranchNode;

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    Selection open = rows;
    for (size_t i = 0; i + 1 < args_.size() && open.size() > 0; i += 2) {
      const VectorRef condition = args_[i]->Evaluate(frame, open);
      const uint8_t* const truth = condition->data<uint8_t>();
      const uint32_t mask = condition->index_mask();
      const bool nulls = condition->may_have_nulls();
      const bool any = Split(i, open, [&](uint32_t row) {
        return (!nulls || !condition->IsNull(row)) && truth[row & mask] != 0;
      });
      if (any) {
        pieces_.emplace_back(args_[i + 1]->Evaluate(frame, Taken(i)),
                             Taken(i));
      }
    }
    if (open.size() > 0 || pieces_.empty()) {
      pieces_.emplace_back(args_.back()->Evaluate(frame, open), open);
    }
    return Merged(frame);
  }
};

class CoalesceNode final : public BranchNode {
 public:
  using BranchNode::BranchNode;

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    Selection open = rows;
    for (size_t i = 0; i < args_.size(); ++i) {
      VectorRef value = args_[i]->Evaluate(frame, open);
      const bool last = i + 1 == args_.size();
      if (last || !value->may_have_nulls()) {
        pieces_.emplace_back(std::move(value), open);
        break;
      }
      const bool any = Split(
          i, open, [&](uint32_t row) { return !value->IsNull(row); });
      if (any) pieces_.emplace_back(std::move(value), Taken(i));
      if (open.size() == 0 && !pieces_.empty()) break;
    }
    return Merged(frame);
  }
};

}  // namespace

std::unique_ptr<Node> MakeLogicNode(bool stop, std::vector<Node*> args) {
  return std::make_unique<LogicNode>(stop, std::move(args));
}

std::unique_ptr<Node> MakeCaseNode(LogicalType type, std::vector<Node*> args) {
  return std::make_unique<CaseNode>(std::move(type), std::move(args));
}

std::unique_ptr<Node> MakeCoalesceNode(LogicalType type,
                                       std::vector<Node*> args) {
  return std::make_unique<CoalesceNode>(std::move(type), std::move(args));
}

}  // namespace millrace
