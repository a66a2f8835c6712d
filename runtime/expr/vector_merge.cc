#include "runtime/expr/vector_merge.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/expr/child_type.h"
#include "runtime/expr/expression_node.h"

namespace millrace {
namespace {

struct Sixteen {
  uint64_t low, high;
};

template <typename T>
void CopyData(const MergePiece& piece, Vector& out) {
  const T* const from = piece.source->data<T>();
  T* const to = out.data<T>();
  const uint32_t mask = piece.source->index_mask();
  piece.ForEach(
      [&](uint32_t row, uint32_t at) { to[at] = from[row & mask]; });
}

void CopyPiece(const MergePiece& piece, Vector& out) {
  switch (ValueWidth(out.physical())) {
    case 1: CopyData<uint8_t>(piece, out); break;
    case 2: CopyData<uint16_t>(piece, out); break;
    case 4: CopyData<uint32_t>(piece, out); break;
    case 8: CopyData<uint64_t>(piece, out); break;
    case 16: CopyData<Sixteen>(piece, out); break;
    default: break;
  }
  out.AddChunks(piece.source->chunks());
  if (!piece.source->may_have_nulls()) return;
  piece.ForEach([&](uint32_t row, uint32_t at) {
    if (piece.source->IsNull(row)) ClearRow(out, at);
  });
}

// The sources' children one behind the other; `starts` says where each begins.
VectorRef ConcatChildren(const LogicalType& type,
                         std::span<const MergePiece> pieces, int child,
                         std::vector<uint32_t>& starts) {
  starts.clear();
  uint32_t size = 0;
  for (const MergePiece& piece : pieces) {
    starts.push_back(size);
    size += piece.source->child(child)->capacity();
  }
  auto all = std::make_shared<Vector>(type, std::max<uint32_t>(size, 1));
  const size_t width = ValueWidth(all->physical());
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Vector& from = *pieces[i].source->child(child);
    if (width > 0) {
      std::memcpy(all->data<char>() + starts[i] * width, from.data<char>(),
                  from.capacity() * width);
    }
    all->AddChunks(from.chunks());
    if (!from.may_have_nulls()) continue;
    for (uint32_t row = 0; row < from.capacity(); ++row) {
      if (from.IsNull(row)) ClearRow(*all, starts[i] + row);
    }
  }
  return all;
}

// As ConcatChildren for elements that are nested themselves: every level's
// lists are moved behind those of the sources before.
VectorRef ConcatNested(const LogicalType& type,
                       std::span<const VectorRef> sources) {
  std::vector<MergePiece> shells;
  auto all_size = uint32_t{0};
  for (const VectorRef& source : sources) all_size += source->capacity();
  auto all = std::make_shared<Vector>(type, std::max<uint32_t>(all_size, 1));
  for (const VectorRef& source : sources) {
    shells.emplace_back(source, Selection::All(source->capacity()));
  }
  std::vector<uint32_t> child_starts;
  for (int c = 0; c < all->child_count(); ++c) {
    const LogicalType child = ChildType(type, c);
    if (!child.IsNested()) {
      all->SetChild(c, ConcatChildren(child, shells, c, child_starts));
      continue;
    }
    std::vector<VectorRef> children;
    child_starts.clear();
    uint32_t size = 0;
    for (const VectorRef& source : sources) {
      child_starts.push_back(size);
      size += source->child(c)->capacity();
      children.push_back(source->child(c));
    }
    all->SetChild(c, ConcatNested(child, children));
  }
  uint32_t at = 0;
  for (size_t i = 0; i < sources.size(); ++i) {
    for (uint32_t row = 0; row < sources[i]->capacity(); ++row, ++at) {
      if (sources[i]->IsNull(row)) {
        ClearRow(*all, at);
      } else if (all->physical() != PhysicalType::kRow) {
        ListEntry entry = sources[i]->data<ListEntry>()[row];
        entry.offset += child_starts[i];
        all->data<ListEntry>()[at] = entry;
      }
    }
  }
  return all;
}

void MergeLists(const LogicalType& type, std::span<const MergePiece> pieces,
                Vector& out) {
  std::vector<uint32_t> starts;
  for (int c = 0; c < out.child_count(); ++c) {
    const LogicalType child = ChildType(type, c);
    if (!child.IsNested()) {
      out.SetChild(c, ConcatChildren(child, pieces, c, starts));
      continue;
    }
    std::vector<VectorRef> children;
    starts.clear();
    uint32_t size = 0;
    for (const MergePiece& piece : pieces) {
      starts.push_back(size);
      size += piece.source->child(c)->capacity();
      children.push_back(piece.source->child(c));
    }
    out.SetChild(c, ConcatNested(child, children));
  }
  ListEntry* const entries = out.data<ListEntry>();
  for (size_t i = 0; i < pieces.size(); ++i) {
    CopyPiece(pieces[i], out);
    pieces[i].to.ForEach(
        [&](uint32_t at) { entries[at].offset += starts[i]; });
  }
}

void MergeRows(const LogicalType& type, std::span<const MergePiece> pieces,
               Vector& out) {
  for (int c = 0; c < out.child_count(); ++c) {
    const LogicalType& child = type.fields()[c].type;
    std::vector<MergePiece> fields;
    for (const MergePiece& piece : pieces) {
      fields.emplace_back(piece.source->child(c), piece.from, piece.to);
    }
    auto merged = std::make_shared<Vector>(child, out.capacity());
    MergePieces(child, fields, *merged);
    out.SetChild(c, std::move(merged));
  }
  for (const MergePiece& piece : pieces) CopyPiece(piece, out);
}

}  // namespace

void MergePieces(const LogicalType& type, std::span<const MergePiece> pieces,
                 Vector& out) {
  switch (out.physical()) {
    case PhysicalType::kRow: return MergeRows(type, pieces, out);
    case PhysicalType::kList:
    case PhysicalType::kMap: return MergeLists(type, pieces, out);
    default:
      for (const MergePiece& piece : pieces) CopyPiece(piece, out);
  }
}

}  // namespace millrace
