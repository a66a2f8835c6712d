#include "runtime/batch/batch_wire.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <vector>

#include "runtime/batch/narrow_integers.h"
#include "runtime/batch/sixteen.h"

namespace millrace {
namespace {

// Which values of a vector are written: `index[i]`, or i where there is none.
struct Rows {
  const uint32_t* index;
  uint32_t count;

  uint32_t operator[](uint32_t i) const { return index ? index[i] : i; }
};

// Whether a column may be, or has to be, one value that stands for all; sought:
// and is sent as one where all its values are alike.
enum class Constancy { kSought, kAllowed, kForced, kRefused };

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

template <typename T>
bool AllAlike(const void* from, Rows rows) {
  const T* values = static_cast<const T*>(from);
  const T& first = values[rows[0]];
  for (uint32_t i = 1; i < rows.count; ++i) {
    if (!(values[rows[i]] == first)) return false;
  }
  return true;
}

// Whether one value can stand for all. Mostly the second one says no.
bool IsOneValue(const Vector& vector, Rows rows) {
  if (rows.count < 2 || vector.is_constant() || vector.may_have_nulls()) {
    return false;
  }
  const void* values = vector.data<void>();
  if (vector.physical() == PhysicalType::kString) {
    return AllAlike<StringView>(values, rows);
  }
  switch (ValueWidth(vector.physical())) {
    case 1: return AllAlike<uint8_t>(values, rows);
    case 2: return AllAlike<uint16_t>(values, rows);
    case 4: return AllAlike<uint32_t>(values, rows);
    case 8:
      return vector.child_count() == 0 && AllAlike<uint64_t>(values, rows);
    default: return false;
  }
}

class BatchWriter {
 public:
  BatchWriter(std::string& out, size_t limit_bytes)
      : out_(out), limit_(out.size() + limit_bytes) {}

  bool Write(const Batch& batch);
  size_t spared_bytes() const { return spared_; }

 private:
  void Column(const Vector& vector, Rows rows, Constancy constancy);
  void Values(const Vector& vector, Rows rows, bool constant, size_t flags_at);
  void Integers(const Vector& vector, Rows rows, size_t flags_at);
  void Strings(const Vector& vector, Rows rows, size_t flags_at);
  void Lists(const Vector& vector, Rows rows);
  void Kinds(const Vector& kinds, Rows rows);
  // The values of a type of fixed width as they are.
  void Plain(const Vector& vector, Rows rows);

  // Says in the flags of the column at hand that it is narrow.
  void SetNarrow(size_t flags_at) {
    out_[flags_at] = static_cast<char>(out_[flags_at] | batch_wire::kIsNarrow);
  }
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
  size_t spared_ = 0;
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
  std::vector<uint32_t> repeated;
  const bool alike =
      constancy == Constancy::kSought && IsOneValue(vector, rows);
  const uint32_t first = alike ? rows[0] : 0;
  const uint32_t others = alike ? rows.count - 1 : 0;
  const bool constant =
      constancy == Constancy::kForced ||
      (constancy != Constancy::kRefused && vector.is_constant());
  if (constant || alike) {
    rows = {&first, 1};
  } else if (vector.is_constant()) {
    repeated.assign(rows.count, 0);
    rows.index = repeated.data();
  }
  const bool has_validity = CollectValidity(vector, rows);
  const bool is_list = vector.physical() == PhysicalType::kList ||
                       vector.physical() == PhysicalType::kMap;
  const bool childless = is_list && vector.child(0) == nullptr;
  Put(static_cast<uint8_t>(vector.physical()));
  const size_t flags_at = out_.size();
  Put(static_cast<uint8_t>((constant ? batch_wire::kIsConstant : 0) |
                           (alike ? batch_wire::kIsAlike : 0) |
                           (has_validity ? batch_wire::kHasValidity : 0)));
  Put(childless ? batch_wire::kNoChildren
                : static_cast<uint16_t>(vector.child_count()));
  if (has_validity) {
    if (char* to = Grow(bits_.size())) {
      std::memcpy(to, bits_.data(), bits_.size());
    }
  }
  const size_t values_at = out_.size();
  if (!over_) Values(vector, rows, constant, flags_at);
  spared_ += (out_.size() - values_at) * others;
}

void BatchWriter::Values(const Vector& vector, Rows rows, bool constant,
                         size_t flags_at) {
  switch (vector.physical()) {
    case PhysicalType::kString:
      return Strings(vector, rows, flags_at);
    case PhysicalType::kInt64:
      return Integers(vector, rows, flags_at);
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

void BatchWriter::Integers(const Vector& vector, Rows rows, size_t flags_at) {
  const int64_t* values = vector.data<int64_t>();
  const NarrowForm form = NarrowFormOf(values, rows.index, rows.count);
  if (form.width == sizeof(int64_t)) return Plain(vector, rows);
  SetNarrow(flags_at);
  Put(form.width);
  Put(form.least);
  char* const to = Grow(size_t{form.width} * rows.count);
  if (to == nullptr) return;
  spared_ += (sizeof(int64_t) - form.width) * rows.count;
  WriteNarrow(form, values, rows.index, rows.count, to);
}

void BatchWriter::Strings(const Vector& vector, Rows rows, size_t flags_at) {
  const StringView* views = vector.data<StringView>();
  const bool nulls = vector.may_have_nulls();
  const auto size_of = [&](uint32_t i) {
    const uint32_t row = rows[i];
    return nulls && vector.IsNull(row) ? 0 : views[row].size();
  };
  uint64_t text_bytes = 0;
  uint32_t longest = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    text_bytes += size_of(i);
    longest = std::max(longest, size_of(i));
  }
  const bool narrow = longest <= std::numeric_limits<uint8_t>::max();
  if (narrow) {
    SetNarrow(flags_at);
    spared_ += (sizeof(uint32_t) - sizeof(uint8_t)) * rows.count;
  }
  char* const sizes =
      Grow(size_t{rows.count} * (narrow ? sizeof(uint8_t) : sizeof(uint32_t)));
  if (sizes == nullptr) return;
  uint32_t end = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (narrow) {
      sizes[i] = static_cast<char>(size_of(i));
    } else {
      // Beyond 32 bits it is over the limit, and nothing of this stays.
      end += size_of(i);
      std::memcpy(sizes + i * sizeof(end), &end, sizeof(end));
    }
  }
  char* to = Grow(text_bytes);
  if (to == nullptr) return;
  const char* const limit = to + text_bytes;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t size = size_of(i);
    if (size == 0) continue;
    const StringView& view = views[rows[i]];
    // Of a short one as much as it could have: no call, no loop.
    if (view.is_inline() &&
        limit - to >= std::ptrdiff_t{StringView::kInlineLimit}) {
      std::memcpy(to, view.data(), StringView::kInlineLimit);
    } else {
      std::memcpy(to, view.data(), size);
    }
    to += size;
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

void BatchWriter::Kinds(const Vector& kinds, Rows rows) {
  if (!kinds.is_constant()) return Plain(kinds, rows);
  if (char* to = Grow(rows.count)) {
    std::memset(to, kinds.data<int8_t>()[0], rows.count);
  }
}

bool BatchWriter::Write(const Batch& batch) {
  const Selection selection = batch.selection();
  MILLRACE_CHECK(selection.size() <= kMaxBatchRows);
  const size_t begin = out_.size();
  const Rows rows = {selection.rows(), selection.size()};
  const bool one_hash =
      batch.hashes != nullptr && rows.count > 0 &&
      (batch.hashes->is_constant() || IsOneValue(*batch.hashes, rows));
  Put(batch_wire::kFormat);
  Put(static_cast<uint8_t>((batch.kinds ? batch_wire::kHasKinds : 0) |
                           (batch.hashes ? batch_wire::kHasHashes : 0) |
                           (one_hash ? batch_wire::kIsOneHash : 0)));
  Put(static_cast<uint16_t>(batch.columns.size()));
  Put(rows.count);
  int left = batch_wire::kMostAlike;
  for (const VectorRef& column : batch.columns) {
    if (over_) break;
    Column(*column, rows,
           left-- > 0 ? Constancy::kSought : Constancy::kAllowed);
  }
  if (batch.kinds != nullptr && !over_) Kinds(*batch.kinds, rows);
  if (batch.hashes != nullptr && !over_) {
    const uint32_t first = rows.count == 0 || batch.hashes->is_constant()
                               ? 0
                               : rows[0];
    Plain(*batch.hashes, one_hash ? Rows{&first, 1} : rows);
    if (one_hash) spared_ += sizeof(uint64_t) * (rows.count - 1);
  }
  if (over_) out_.resize(begin);
  return !over_;
}

}  // namespace

bool AppendBatch(const Batch& batch, size_t limit_bytes, std::string& out,
                 size_t* spared_bytes) {
  MILLRACE_CHECK(limit_bytes < size_t{1} << 31);
  BatchWriter writer(out, limit_bytes);
  if (!writer.Write(batch)) return false;
  if (spared_bytes != nullptr) *spared_bytes = writer.spared_bytes();
  return true;
}

}  // namespace millrace
