#include "runtime/operators/length_fitter.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "runtime/batch/chunk.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

using Length = ColumnConstraints::Length;
using Nested = ColumnConstraints::Nested;

bool AllFit(const Length& length, const Vector& values, Selection rows) {
  const auto* data = values.data<StringView>();
  bool all = true;
  rows.ForEach([&](uint32_t row) {
    if (!all || values.IsNull(row)) return;
    all = length.Fits(
        length.Measure(data[row & values.index_mask()].view()));
  });
  return all;
}

// `value`, which is `actual` long.
StringView Fit(const Length& length, const StringView& value, int64_t actual,
               StringWriter& writer) {
  const absl::string_view text = value.view();
  if (actual > length.limit) {
    const size_t end = length.is_binary
                           ? static_cast<size_t>(length.limit)
                           : SkipCharacters(text, 0, length.limit);
    return writer.Copy(text.substr(0, end));
  }
  const auto missing = static_cast<size_t>(length.limit - actual);
  char* out = writer.Reserve(text.size() + missing);
  // An empty view may have no address at all.
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  std::memset(out + text.size(), length.is_binary ? '\0' : ' ', missing);
  return writer.Commit(text.size() + missing);
}

VectorRef FitColumn(const Length& length, const VectorRef& source,
                    uint32_t row_count, Selection rows) {
  const Vector& values = *source;
  if (AllFit(length, values, rows)) return source;
  auto fitted = std::make_shared<Vector>(PhysicalType::kString, row_count);
  fitted->AddChunks(values.chunks());
  StringWriter writer;
  auto* out = fitted->data<StringView>();
  std::fill_n(out, row_count, StringView());
  rows.ForEach([&](uint32_t row) {
    if (values.IsNull(row)) {
      fitted->SetNull(row);
      return;
    }
    const StringView& value =
        values.data<StringView>()[row & values.index_mask()];
    const int64_t actual = length.Measure(value.view());
    out[row] = length.Fits(actual) ? value : Fit(length, value, actual, writer);
  });
  fitted->AddChunks(writer.TakeChunks());
  return fitted;
}

VectorRef FitRow(const Nested& nested, const VectorRef& source,
                 uint32_t row_count, Selection rows) {
  const Vector& values = *source;
  if (nested.root != TypeRoot::kRow || values.child_count() == 0) return source;
  // The fields of a NULL row are anything.
  std::vector<uint32_t> present;
  rows.ForEach([&](uint32_t row) {
    if (!values.IsNull(row)) present.push_back(row);
  });
  const std::span<const VectorRef> children(
      &values.child(0), static_cast<size_t>(values.child_count()));
  std::vector<VectorRef> fitted = FitLengths(
      nested.inside, children, row_count,
      Selection::Of(present.data(), static_cast<uint32_t>(present.size())));
  if (std::equal(fitted.begin(), fitted.end(), children.begin())) {
    return source;
  }
  auto row_values = std::make_shared<Vector>(PhysicalType::kRow, row_count,
                                             values.child_count());
  rows.ForEach([&](uint32_t row) {
    if (values.IsNull(row)) row_values->SetNull(row);
  });
  for (size_t i = 0; i < fitted.size(); ++i) {
    row_values->SetChild(static_cast<int>(i), std::move(fitted[i]));
  }
  return row_values;
}

}  // namespace

std::vector<VectorRef> FitLengths(const ColumnConstraints& constraints,
                                  std::span<const VectorRef> columns,
                                  uint32_t row_count, Selection rows) {
  std::vector<VectorRef> fitted(columns.begin(), columns.end());
  // Without a row in it, a selection would look dense.
  if (rows.size() == 0) return fitted;
  for (const Length& length : constraints.lengths) {
    VectorRef& column = fitted[length.column];
    column = FitColumn(length, column, row_count, rows);
  }
  for (const Nested& nested : constraints.nested) {
    VectorRef& column = fitted[nested.column];
    column = FitRow(nested, column, row_count, rows);
  }
  return fitted;
}

}  // namespace millrace
