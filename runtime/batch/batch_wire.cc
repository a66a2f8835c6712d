#include "runtime/batch/batch_wire.h"

#include <cstring>
#include <vector>

#include "runtime/batch/sixteen.h"

namespace millrace {
namespace {

// Which values of a vector are written: `index[i]`, or i where there is none.
struct Rows {
  const uint32_t* index;
  uint32_t count;

  uint32_t operator[](uint32_t i) const { return index ? index[i] : i; }
};

// Whether a column may be, or has to be, one value that stands for all.
enum class Constancy { kAllowed, kForced, kRefused };

template <typename T>
void GatherTo(char* to, const void* from, Rows rows) {
  const T* values = static_cast<const T*>(from);
  for (uint32_t i = 0; i < rows.count; ++i) {
    std::memcpy(to + i * sizeof(T), &values[rows.index[i]], sizeof(T));
  }
}

void CopyValues(char* to, const void* from, size_t width, Rows rows) {
  if (rows.count == 0) return;  // `from` may be nothing at all.
  if (rows.index == nullptr) {
    std::memcpy(to, from, width * rows.count);
    return;
  }
  switch (width) {
    case 1: return GatherTo<uint8_t>(to, from, rows);
    case 2: return GatherTo<uint16_t>(to, from, rows);
    case 4: return GatherTo<uint32_t>(to, from, rows);
    case 8: return GatherTo<uint64_t>(to, from, rows);
    default: return GatherTo<Sixteen>(to, from, rows);
  }
}

class BatchWriter {
 public:
  BatchWriter(std::string& out, size_t limit_bytes)
      : out_(out), limit_(out.size() + limit_bytes) {}

  bool Write(const Batch& batch);

 private:
  void Column(const Vector& vector, Rows rows, Constancy constancy);
  void Values(const Vector& vector, Rows rows, bool constant);
  void Strings(const Vector& vector, Rows rows);
  void Lists(const Vector& vector, Rows rows);
  // A column of the batch's own that is not a Column of the drawing.
  void Plain(const Vector& vector, Rows rows);

  // The validity bits of `rows` in bits_; false: all are present.
  bool CollectValidity(const Vector& vector, Rows rows);

  // Room for so many bytes at the end; null where the limit forbids it.
  char* Grow(size_t bytes) {
    const size_t at = out_.size();
    if (bytes > limit_ - at) {
      over_ = true;
      return nullptr;
    }
    out_.resize(at + bytes);
    return out_.data() + at;
  }
  template <typename T>
  void Put(T value) {
    if (char* to = Grow(sizeof(T))) std::memcpy(to, &value, sizeof(T));
  }

  std::string& out_;
  const size_t limit_;
  bool over_ = false;
  std::vector<uint8_t> bits_;
};

bool BatchWriter::CollectValidity(const Vector& vector, Rows rows) {
  const uint64_t* validity = vector.validity();
  if (validity == nullptr) return false;
  bits_.assign((rows.count + 7) / 8, 0);
  bool any_null = false;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const auto bit =
        static_cast<uint8_t>((validity[row >> 6] >> (row & 63)) & 1);
    bits_[i >> 3] = static_cast<uint8_t>(bits_[i >> 3] | bit << (i & 7));
    any_null |= bit == 0;
  }
  return any_null;
}

void BatchWriter::Column(const Vector& vector, Rows rows,
                         Constancy constancy) {
  constexpr uint32_t kFirst = 0;
  std::vector<uint32_t> repeated;
  const bool constant =
      constancy == Constancy::kForced ||
      (constancy == Constancy::kAllowed && vector.is_constant());
  if (constant) {
    rows = {&kFirst, 1};
  } else if (vector.is_constant()) {
    repeated.assign(rows.count, 0);
    rows.index = repeated.data();
  }
  const bool has_validity = CollectValidity(vector, rows);
  const bool is_list = vector.physical() == PhysicalType::kList ||
                       vector.physical() == PhysicalType::kMap;
  const bool childless = is_list && vector.child(0) == nullptr;
  Put(static_cast<uint8_t>(vector.physical()));
  Put(static_cast<uint8_t>((constant ? batch_wire::kIsConstant : 0) |
                           (has_validity ? batch_wire::kHasValidity : 0)));
  Put(childless ? batch_wire::kNoChildren
                : static_cast<uint16_t>(vector.child_count()));
  if (has_validity) {
    if (char* to = Grow(bits_.size())) {
      std::memcpy(to, bits_.data(), bits_.size());
    }
  }
  if (!over_) Values(vector, rows, constant);
}

void BatchWriter::Values(const Vector& vector, Rows rows, bool constant) {
  switch (vector.physical()) {
    case PhysicalType::kString:
      return Strings(vector, rows);
    case PhysicalType::kList:
    case PhysicalType::kMap:
      return Lists(vector, rows);
    case PhysicalType::kRow:
      for (int i = 0; i < vector.child_count() && !over_; ++i) {
        Column(*vector.child(i), rows,
               constant ? Constancy::kForced : Constancy::kAllowed);
      }
      return;
    case PhysicalType::kNull:
      return;
    default:
      return Plain(vector, rows);
  }
}

void BatchWriter::Plain(const Vector& vector, Rows rows) {
  const size_t width = ValueWidth(vector.physical());
  if (char* to = Grow(width * rows.count)) {
    CopyValues(to, vector.data<void>(), width, rows);
  }
}

void BatchWriter::Strings(const Vector& vector, Rows rows) {
  const StringView* views = vector.data<StringView>();
  const bool nulls = vector.may_have_nulls();
  char* ends = Grow(rows.count * sizeof(uint32_t));
  if (ends == nullptr) return;
  uint64_t text_bytes = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (!nulls || !vector.IsNull(row)) text_bytes += views[row].size();
    // Beyond 32 bits it is over the limit, and nothing of this stays.
    const auto end = static_cast<uint32_t>(text_bytes);
    std::memcpy(ends + i * sizeof(end), &end, sizeof(end));
  }
  char* to = Grow(text_bytes);
  if (to == nullptr) return;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (nulls && vector.IsNull(row)) continue;
    const StringView& view = views[row];
    std::memcpy(to, view.data(), view.size());
    to += view.size();
  }
}

void BatchWriter::Lists(const Vector& vector, Rows rows) {
  const ListEntry* entries = vector.data<ListEntry>();
  const bool nulls = vector.may_have_nulls();
  char* lengths = Grow(rows.count * sizeof(uint32_t));
  if (lengths == nullptr) return;
  std::vector<uint32_t> elements;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const ListEntry entry =
        nulls && vector.IsNull(row) ? ListEntry() : entries[row];
    std::memcpy(lengths + i * sizeof(uint32_t), &entry.length,
                sizeof(uint32_t));
    for (uint32_t k = 0; k < entry.length; ++k) {
      elements.push_back(entry.offset + k);
    }
  }
  Put(static_cast<uint32_t>(elements.size()));
  if (vector.child(0) == nullptr) return;
  const Rows of_elements = {elements.data(),
                            static_cast<uint32_t>(elements.size())};
  for (int i = 0; i < vector.child_count() && !over_; ++i) {
    Column(*vector.child(i), of_elements, Constancy::kRefused);
  }
}

bool BatchWriter::Write(const Batch& batch) {
  const Selection selection = batch.selection();
  MILLRACE_CHECK(selection.size() <= kMaxBatchRows);
  const size_t begin = out_.size();
  const Rows rows = {selection.rows(), selection.size()};
  Put(batch_wire::kFormat);
  Put(static_cast<uint8_t>((batch.kinds ? batch_wire::kHasKinds : 0) |
                           (batch.hashes ? batch_wire::kHasHashes : 0)));
  Put(static_cast<uint16_t>(batch.columns.size()));
  Put(rows.count);
  for (const VectorRef& column : batch.columns) {
    if (!over_) Column(*column, rows, Constancy::kAllowed);
  }
  for (const VectorRef& plain : {batch.kinds, batch.hashes}) {
    if (plain == nullptr || over_) continue;
    const std::vector<uint32_t> repeated(
        plain->is_constant() ? rows.count : 0, 0);
    Plain(*plain, plain->is_constant() ? Rows{repeated.data(), rows.count}
                                       : rows);
  }
  if (over_) out_.resize(begin);
  return !over_;
}

}  // namespace

bool AppendBatch(const Batch& batch, size_t limit_bytes, std::string& out) {
  MILLRACE_CHECK(limit_bytes < size_t{1} << 31);
  return BatchWriter(out, limit_bytes).Write(batch);
}

}  // namespace millrace
