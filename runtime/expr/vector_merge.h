#pragma once

#include <span>
#include <utility>

#include "runtime/batch/selection.h"
#include "runtime/batch/vector.h"

namespace millrace {

// out[to[i]] = source[from[i]]. REQUIRES: as many `to` as `from`.
struct MergePiece {
  VectorRef source;
  Selection from;
  Selection to;

  MergePiece(VectorRef source, Selection from, Selection to)
      : source(std::move(source)), from(from), to(to) {}
  // Every value to its own row number.
  MergePiece(VectorRef source, Selection rows)
      : MergePiece(std::move(source), rows, rows) {}

  template <typename Visit>
  void ForEach(Visit&& visit) const {
    if (from.is_dense() && to.is_dense()) {
      for (uint32_t i = 0; i < from.size(); ++i) visit(i, i);
    } else {
      for (uint32_t i = 0; i < from.size(); ++i) visit(from[i], to[i]);
    }
  }
};

// Writes every piece into `out`; rows in no piece stay unspecified. Strings
// are shared, not copied. Nested values are merged deeply; nothing of the
// sources is kept but their chunks. REQUIRES: `out` is new, of `type`.
void MergePieces(const LogicalType& type, std::span<const MergePiece> pieces,
                 Vector& out);

// A vector that its owner keeps for as long as the result is used.
inline VectorRef Borrow(const Vector& vector) {
  return VectorRef(VectorRef(), &vector);
}

}  // namespace millrace
