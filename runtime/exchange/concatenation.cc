#include "runtime/exchange/concatenation.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace millrace {
namespace {

void CopyPiece(const Piece& piece, Vector& out, uint32_t at) {
  const Vector& in = *piece.column;
  const size_t width = ValueWidth(in.physical());
  if (width > 0) {
    char* to = out.data<char>() + at * width;
    if (in.is_constant()) {
      for (uint32_t i = 0; i < piece.count; ++i) {
        std::memcpy(to + i * width, in.data<char>(), width);
      }
    } else {
      std::memcpy(to, in.data<char>(), piece.count * width);
    }
  }
  if (in.validity() != nullptr) {
    for (uint32_t i = 0; i < piece.count; ++i) {
      if (in.IsNull(i)) out.SetNull(at + i);
    }
  }
  out.AddChunks(in.chunks());
}

// Children `index` of `pieces`. A list's child is as long as its capacity.
std::vector<Piece> ChildPieces(const std::vector<Piece>& pieces, int index,
                               bool is_list) {
  std::vector<Piece> children;
  for (const Piece& piece : pieces) {
    const VectorRef& child = piece.column->child(index);
    if (is_list && child == nullptr) continue;
    children.push_back({child, is_list ? child->capacity() : piece.count});
  }
  return children;
}

// Moves each piece's entries behind the elements of the pieces before it.
void ShiftEntries(const std::vector<Piece>& pieces, Vector& out) {
  ListEntry* entries = out.data<ListEntry>();
  uint32_t at = 0;
  uint32_t shift = 0;
  for (const Piece& piece : pieces) {
    for (uint32_t i = 0; i < piece.count; ++i) entries[at + i].offset += shift;
    at += piece.count;
    const VectorRef& child = piece.column->child(0);
    if (child != nullptr) shift += child->capacity();
  }
}

}  // namespace

VectorRef Concatenate(const std::vector<Piece>& pieces) {
  if (pieces.empty()) return nullptr;
  if (pieces.size() == 1) return pieces[0].column;
  uint32_t total = 0;
  for (const Piece& piece : pieces) total += piece.count;
  const Vector& shape = *pieces[0].column;
  auto out = std::make_shared<Vector>(
      shape.physical(), std::max<uint32_t>(total, 1), shape.child_count());
  uint32_t at = 0;
  for (const Piece& piece : pieces) {
    CopyPiece(piece, *out, at);
    at += piece.count;
  }
  const bool is_list = shape.physical() == PhysicalType::kList ||
                       shape.physical() == PhysicalType::kMap;
  for (int i = 0; i < shape.child_count(); ++i) {
    out->SetChild(i, Concatenate(ChildPieces(pieces, i, is_list)));
  }
  if (is_list) ShiftEntries(pieces, *out);
  return out;
}

}  // namespace millrace
