#include "runtime/expr/expression_node.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

class ColumnNode final : public Node {
 public:
  explicit ColumnNode(int32_t column) : column_(column) {}

  VectorRef Evaluate(const Frame& frame, Selection) override {
    return frame.batch.columns[column_];
  }

 private:
  int32_t column_;
};

class ConstantNode final : public Node {
 public:
  explicit ConstantNode(VectorRef value) : value_(std::move(value)) {}

  VectorRef Evaluate(const Frame&, Selection) override { return value_; }

 private:
  VectorRef value_;
};

class FieldNode final : public Node {
 public:
  FieldNode(Node* row, int32_t field, LogicalType type)
      : row_(row), field_(field), type_(std::move(type)) {}

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    const VectorRef row = row_->Evaluate(frame, rows);
    const VectorRef& field = row->child(field_);
    if (!HidesValue(*row, *field, rows)) return field;
    // The row is NULL where the field has a value: the NULL wins.
    std::shared_ptr<Vector> out = NewResult(type_, frame);
    const MergePiece piece{field, rows};
    MergePieces(type_, {&piece, 1}, *out);
    rows.ForEach([&](uint32_t at) {
      if (row->IsNull(at)) ClearRow(*out, at);
    });
    return out;
  }

 private:
  static bool HidesValue(const Vector& row, const Vector& field,
                         Selection rows) {
    if (!row.may_have_nulls() || AllNullBelow(row, field)) return false;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      if (row.IsNull(rows[i]) && !field.IsNull(rows[i])) return true;
    }
    return false;
  }

  // True where the field is NULL wherever the row is, in all of the batch:
  // decoders leave their rows so.
  static bool AllNullBelow(const Vector& row, const Vector& field) {
    if (row.is_constant() || field.capacity() < row.capacity()) return false;
    if (row.validity() == nullptr || field.validity() == nullptr) return false;
    for (uint32_t word = 0; word < (row.capacity() + 63) / 64; ++word) {
      if ((~row.validity()[word] & field.validity()[word]) != 0) return false;
    }
    return true;
  }

  Node* row_;
  int32_t field_;
  LogicalType type_;
};

// ROW(...): its fields are its arguments' own vectors.
class RowNode final : public Node {
 public:
  explicit RowNode(std::vector<Node*> args) : args_(std::move(args)) {}

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    auto out = std::make_shared<Vector>(
        PhysicalType::kRow, std::max<uint32_t>(frame.batch.row_count, 1),
        static_cast<int>(args_.size()));
    for (size_t i = 0; i < args_.size(); ++i) {
      out->SetChild(static_cast<int>(i), args_[i]->Evaluate(frame, rows));
    }
    return out;
  }

 private:
  std::vector<Node*> args_;
};

class CallNode final : public Node {
 public:
  explicit CallNode(CallNodeParts parts) : parts_(std::move(parts)) {}

  VectorRef Evaluate(const Frame& frame, Selection rows) override {
    for (Node* arg : parts_.args) {
      held_.push_back(arg->Evaluate(frame, rows));
      args_.push_back(held_.back().get());
    }
    std::shared_ptr<Vector> out = NewResult(parts_.type, frame);
    if (parts_.null_in_null_out) rows = WithoutNulls(rows, *out);
    parts_.kernel->Run({args_, rows, out.get(), &frame.errors});
    args_.clear();
    held_.clear();
    return out;
  }

 private:
  // The rows where no argument is NULL; in the others `out` becomes NULL.
  Selection WithoutNulls(Selection rows, Vector& out) {
    bool found = false;
    for (const Vector* arg : args_) found |= arg->may_have_nulls();
    if (!found) return rows;
    present_.resize(rows.size());
    uint32_t size = 0;
    if (rows.is_dense()) {
      size = PresentInDense(rows.size(), out);
    } else {
      for (uint32_t i = 0; i < rows.size(); ++i) {
        const uint32_t row = rows[i];
        if (IsNullAt(row)) {
          ClearRow(out, row);
        } else {
          present_[size++] = row;
        }
      }
    }
    return size == rows.size() ? rows : Selection::Of(present_.data(), size);
  }

  // 64 rows at a time: most words have no NULL at all.
  uint32_t PresentInDense(uint32_t row_count, Vector& out) {
    uint32_t size = 0;
    for (uint32_t base = 0; base < row_count; base += 64) {
      const uint32_t end = std::min(base + 64, row_count);
      uint64_t word = ~uint64_t{0};
      for (const Vector* arg : args_) {
        if (!arg->may_have_nulls()) continue;
        if (arg->is_constant() || arg->validity() == nullptr) {
          if (arg->IsNull(0)) word = 0;
        } else {
          word &= arg->validity()[base >> 6];
        }
      }
      if (word == ~uint64_t{0}) {
        for (uint32_t row = base; row < end; ++row) present_[size++] = row;
        continue;
      }
      for (uint32_t row = base; row < end; ++row) {
        const bool present = (word >> (row - base)) & 1;
        present_[size] = row;
        size += present;
        if (!present) ClearRow(out, row);
      }
    }
    return size;
  }

  bool IsNullAt(uint32_t row) const {
    for (const Vector* arg : args_) {
      if (arg->IsNull(row)) return true;
    }
    return false;
  }

  CallNodeParts parts_;
  std::vector<VectorRef> held_;
  std::vector<const Vector*> args_;
  std::vector<uint32_t> present_;
};

}  // namespace

std::shared_ptr<Vector> Node::NewResult(const LogicalType& type,
                                        const Frame& frame) {
  const uint32_t capacity = std::max<uint32_t>(frame.batch.row_count, 1);
  // Children may be shared with what the kernel was given.
  if (type.IsNested()) {
    auto nested = std::make_shared<Vector>(type, capacity);
    for (int i = 0; i < nested->child_count(); ++i) {
      if (nested->child(i) != nullptr) continue;
      const LogicalType child = i < static_cast<int>(type.fields().size())
                                    ? type.fields()[i].type
                                    : LogicalType::Integer();
      nested->SetChild(i, std::make_shared<Vector>(child, 1));
    }
    return nested;
  }
  if (scratch_ != nullptr && scratch_.use_count() == 1 &&
      scratch_->capacity() >= capacity) {
    scratch_->Recycle();
  } else {
    scratch_ = std::make_shared<Vector>(type, capacity);
  }
  return scratch_;
}

void ClearRow(Vector& vector, uint32_t row) {
  if (vector.physical() == PhysicalType::kNull) return;
  vector.SetNull(row);
  const size_t width = ValueWidth(vector.physical());
  if (width > 0) std::memset(vector.data<char>() + row * width, 0, width);
}

std::unique_ptr<Node> MakeColumnNode(int32_t column) {
  return std::make_unique<ColumnNode>(column);
}

std::unique_ptr<Node> MakeConstantNode(const LogicalType& type,
                                       const Value& value) {
  return std::make_unique<ConstantNode>(Vector::Constant(type, value));
}

std::unique_ptr<Node> MakeFieldNode(Node* row, int32_t field,
                                    LogicalType type) {
  return std::make_unique<FieldNode>(row, field, std::move(type));
}

std::unique_ptr<Node> MakeRowNode(std::vector<Node*> args) {
  return std::make_unique<RowNode>(std::move(args));
}

std::unique_ptr<Node> MakeCallNode(CallNodeParts parts) {
  return std::make_unique<CallNode>(std::move(parts));
}

}  // namespace millrace
