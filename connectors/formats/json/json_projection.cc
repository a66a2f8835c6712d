#include "connectors/formats/json/json_projection.h"

#include <algorithm>
#include <utility>


namespace millrace {
namespace {

JsonNode::Kind KindOf(const LogicalType& type) {
  switch (type.root()) {
    case TypeRoot::kRow: return JsonNode::Kind::kObject;
    case TypeRoot::kArray: return JsonNode::Kind::kArray;
    case TypeRoot::kMap:
    case TypeRoot::kMultiset: return JsonNode::Kind::kMap;
    default: return JsonNode::Kind::kScalar;
  }
}

JsonNode* FindField(JsonNode& node, int field) {
  for (JsonNode& child : node.children) {
    if (child.field == field) return &child;
  }
  return nullptr;
}

JsonNode& AddField(JsonNode& node, int field, absl::string_view name,
                   const LogicalType& type) {
  if (JsonNode* found = FindField(node, field)) return *found;
  node.children.push_back({.name = std::string(name),
                           .type = type,
                           .kind = KindOf(type),
                           .field = field});
  return node.children.back();
}

// Gives `node` its column, and everything below it: all fields of a ROW, the
// elements of lists.
void Adopt(JsonNode& node, ColumnBuilder& column) {
  node.column = &column;
  const LogicalType& type = column.type();
  if (node.kind == JsonNode::Kind::kScalar) return;
  for (int i = 0; i < column.child_count(); ++i) {
    const bool is_row = node.kind == JsonNode::Kind::kObject;
    const std::string name = is_row ? type.fields()[i].name : "";
    Adopt(AddField(node, i, name, column.child(i).type()), column.child(i));
  }
  std::sort(node.children.begin(), node.children.end(),
            [](const JsonNode& a, const JsonNode& b) {
              return a.field < b.field;
            });
}

// The column and the whole number that `expr` compares for equality.
bool IsColumnEqualsNumber(const Expr& expr, int* column, int64_t* number) {
  if (expr.kind != Expr::Kind::kCall || expr.function != "=" ||
      expr.args.size() != 2) {
    return false;
  }
  const bool first_is_column = expr.args[0].kind == Expr::Kind::kColumn;
  const Expr& side = expr.args[first_is_column ? 0 : 1];
  const Expr& literal = expr.args[first_is_column ? 1 : 0];
  if (side.kind != Expr::Kind::kColumn ||
      literal.kind != Expr::Kind::kLiteral || !side.type.IsIntegral() ||
      !literal.type.IsIntegral() ||
      !std::holds_alternative<int64_t>(literal.literal.data)) {
    return false;
  }
  *column = side.column;
  *number = std::get<int64_t>(literal.literal.data);
  return true;
}

}  // namespace

void JsonNode::SetNull(uint32_t row) {
  if (column != nullptr) {
    column->SetNull(row);  // And with it whatever is nested in it.
    return;
  }
  for (JsonNode& child : children) child.SetNull(row);
}

bool JsonFilter::Passes(ColumnBuilder& column, uint32_t row) const {
  if (column.IsNull(row)) return false;
  switch (column.type().physical()) {
    case PhysicalType::kInt8: return column.data<int8_t>()[row] == equals;
    case PhysicalType::kInt16: return column.data<int16_t>()[row] == equals;
    case PhysicalType::kInt32: return column.data<int32_t>()[row] == equals;
    default: return column.data<int64_t>()[row] == equals;
  }
}

JsonProjection::JsonProjection(const std::vector<TableColumn>& columns,
                               const SourceRequest& wanted) {
  root_.kind = JsonNode::Kind::kObject;
  for (const SourceRequest::Column& column : wanted.columns) {
    JsonNode* node = &root_;
    for (const int field : column.path) {
      const bool top = node == &root_;
      node = &AddField(
          *node, field,
          top ? columns[field].name : node->type.fields()[field].name,
          top ? columns[field].type : node->type.fields()[field].type);
    }
    node->whole = true;
  }
  MakeColumns(root_);
  for (const SourceRequest::Column& column : wanted.columns) {
    wanted_.push_back(PlaceOf(column.path));
  }
  AddFilters(wanted);
}

void JsonProjection::MakeColumns(JsonNode& node) {
  if (node.whole) {
    owned_.push_back(
        std::make_unique<ColumnBuilder>(node.type, kMaxBatchRows));
    Adopt(node, *owned_.back());
    return;
  }
  for (JsonNode& child : node.children) MakeColumns(child);
}

JsonProjection::Place JsonProjection::PlaceOf(const std::vector<int>& path) {
  JsonNode* node = &root_;
  size_t step = 0;
  while (node->column == nullptr) node = FindField(*node, path[step++]);
  const auto found =
      std::find_if(owned_.begin(), owned_.end(),
                   [&](const auto& c) { return c.get() == node->column; });
  return {.owned = static_cast<int>(found - owned_.begin()),
          .fields = std::vector<int>(path.begin() + step, path.end())};
}

void JsonProjection::AddFilters(const SourceRequest& wanted) {
  for (const Expr& expr : wanted.filter) {
    int column = 0;
    int64_t number = 0;
    if (!IsColumnEqualsNumber(expr, &column, &number)) continue;
    JsonNode* node = &root_;
    for (const int field : wanted.columns[column].path) {
      node = FindField(*node, field);
    }
    filters_.push_back({node->column, {.equals = number}});
  }
}

const JsonFilter* JsonProjection::FilterOf(const JsonNode& node) const {
  for (const Filtered& filtered : filters_) {
    if (filtered.column == node.column) return &filtered.filter;
  }
  return nullptr;
}

bool JsonProjection::PassesFilters(uint32_t row) const {
  for (const Filtered& filtered : filters_) {
    if (!filtered.filter.Passes(*filtered.column, row)) return false;
  }
  return true;
}

void JsonProjection::Pin(const ChunkRef& chunk) {
  for (auto& column : owned_) column->Pin(chunk);
}

Batch JsonProjection::TakeBatch(uint32_t row_count) {
  std::vector<VectorRef> taken;
  for (auto& column : owned_) taken.push_back(column->Take());
  Batch batch = {.row_count = row_count};
  for (const Place& place : wanted_) {
    VectorRef vector = taken[place.owned];
    for (const int field : place.fields) vector = vector->child(field);
    batch.columns.push_back(std::move(vector));
  }
  return batch;
}

}  // namespace millrace
