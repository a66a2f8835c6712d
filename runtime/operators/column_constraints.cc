#include "runtime/operators/column_constraints.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/batch/string_view.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

using Length = ColumnConstraints::Length;
using Nested = ColumnConstraints::Nested;
using Scope = ColumnConstraints::Scope;

std::optional<Length> LengthOf(const LogicalType& type, int column) {
  const bool is_fixed = type.Is(TypeRoot::kChar) || type.Is(TypeRoot::kBinary);
  const bool is_binary = type.IsBinary();
  if (!type.IsCharacter() && !is_binary) return std::nullopt;
  if (type.length() == LogicalType::kMaxLength) return std::nullopt;
  return Length{column, type.length(), is_fixed, is_binary};
}

std::vector<RowField> FieldsInside(const LogicalType& type) {
  switch (type.root()) {
    case TypeRoot::kRow: return type.fields();
    case TypeRoot::kArray: return {{"element", type.element()}};
    case TypeRoot::kMap: return {{"key", type.key()}, {"value", type.value()}};
    default: return {};
  }
}

void AddNested(const std::vector<RowField>& fields, TypeRoot root,
               const Scope& inside, ColumnConstraints& out) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].type.Is(root)) continue;
    Nested nested{static_cast<int>(i), root,
                  ColumnConstraints::Of(FieldsInside(fields[i].type), inside,
                                        inside)};
    if (!nested.inside.empty()) out.nested.push_back(std::move(nested));
  }
}

// The name of `inner`, a column within `index`-th entry of `outer`.
std::string NameWithin(absl::string_view outer, TypeRoot root, uint32_t index,
                       absl::string_view inner) {
  switch (root) {
    case TypeRoot::kArray:
      return absl::StrCat(outer, "[", index, "]",
                          absl::StripPrefix(inner, "element"));
    case TypeRoot::kMap: {
      const size_t end = absl::StartsWith(inner, "key") ? 3 : 5;
      return absl::StrCat(outer, "[", inner.substr(0, end), "]",
                          inner.substr(end));
    }
    default:
      return absl::StrCat(outer, ".", inner);
  }
}

std::optional<ConstraintBreach> FindNested(const ColumnConstraints& outer,
                                           const Nested& nested,
                                           const Vector& values,
                                           uint32_t row) {
  if (values.child_count() == 0 || values.IsNull(row)) return std::nullopt;
  const uint32_t at = row & values.index_mask();
  const std::span<const VectorRef> children(
      &values.child(0), static_cast<size_t>(values.child_count()));
  ListEntry entry = {.offset = at, .length = 1};
  if (nested.root != TypeRoot::kRow) entry = values.data<ListEntry>()[at];
  for (uint32_t i = 0; i < entry.length; ++i) {
    auto breach = FindBreach(nested.inside, children, entry.offset + i);
    if (!breach) continue;
    breach->column = NameWithin(outer.names[nested.column], nested.root, i,
                                breach->column);
    return breach;
  }
  return std::nullopt;
}

}  // namespace

int64_t ColumnConstraints::Length::Measure(absl::string_view value) const {
  return is_binary ? static_cast<int64_t>(value.size())
                   : CountCharacters(value);
}

std::string ColumnConstraints::Length::TypeText() const {
  return absl::StrCat(is_fixed ? "" : "VAR", is_binary ? "BINARY(" : "CHAR(",
                      limit, ")");
}

bool ColumnConstraints::empty() const {
  return not_null.empty() && lengths.empty() && nested.empty();
}

ColumnConstraints ColumnConstraints::Of(const std::vector<RowField>& fields,
                                        const Scope& scope,
                                        const Scope& inside) {
  ColumnConstraints out;
  for (size_t i = 0; i < fields.size(); ++i) {
    const int column = static_cast<int>(i);
    out.names.push_back(fields[i].name);
    if (scope.not_null && !fields[i].type.nullable()) {
      out.not_null.push_back(column);
    }
    if (!scope.lengths) continue;
    if (auto length = LengthOf(fields[i].type, column)) {
      out.lengths.push_back(*length);
    }
  }
  if (scope.in_rows) AddNested(fields, TypeRoot::kRow, inside, out);
  if (scope.in_collections) {
    AddNested(fields, TypeRoot::kArray, inside, out);
    AddNested(fields, TypeRoot::kMap, inside, out);
  }
  return out;
}

std::optional<ConstraintBreach> FindBreach(
    const ColumnConstraints& constraints, std::span<const VectorRef> columns,
    uint32_t row) {
  for (int column : constraints.not_null) {
    if (columns[column]->IsNull(row)) {
      return ConstraintBreach{.column = constraints.names[column]};
    }
  }
  for (const Length& length : constraints.lengths) {
    const Vector& values = *columns[length.column];
    if (values.IsNull(row)) continue;
    const int64_t actual = length.Measure(
        values.data<StringView>()[row & values.index_mask()].view());
    if (!length.Fits(actual)) {
      return ConstraintBreach{constraints.names[length.column], &length,
                              actual};
    }
  }
  for (const Nested& nested : constraints.nested) {
    auto breach = FindNested(constraints, nested, *columns[nested.column], row);
    if (breach) return breach;
  }
  return std::nullopt;
}

}  // namespace millrace
