#include "runtime/exchange/channel_columns.h"

#include "absl/strings/str_cat.h"

namespace millrace {
namespace {

bool LiesAs(const Vector& vector, const LogicalType& type);

bool ChildLiesAs(const Vector& vector, int index, const LogicalType& type) {
  // A list that never had elements has no vector of them.
  const VectorRef& child = vector.child(index);
  return child == nullptr ? vector.physical() != PhysicalType::kRow
                          : LiesAs(*child, type);
}

bool LiesAs(const Vector& vector, const LogicalType& type) {
  if (vector.physical() != type.physical()) return false;
  switch (type.physical()) {
    case PhysicalType::kRow: {
      const auto& fields = type.fields();
      if (vector.child_count() != static_cast<int>(fields.size())) return false;
      for (int i = 0; i < vector.child_count(); ++i) {
        if (!ChildLiesAs(vector, i, fields[i].type)) return false;
      }
      return true;
    }
    case PhysicalType::kList:
      return vector.child_count() == 0 ||
             (vector.child_count() == 1 &&
              ChildLiesAs(vector, 0, type.element()));
    case PhysicalType::kMap:
      return vector.child_count() == 0 ||
             (vector.child_count() == 2 &&
              ChildLiesAs(vector, 0,
                          type.Is(TypeRoot::kMap) ? type.key()
                                                  : type.element()) &&
              ChildLiesAs(vector, 1,
                          type.Is(TypeRoot::kMap) ? type.value()
                                                  : LogicalType::Integer()));
    default:
      return true;
  }
}

}  // namespace

absl::Status CheckColumns(const Batch& batch,
                          const std::vector<LogicalType>& types) {
  if (batch.columns.size() != types.size()) {
    return absl::DataLossError(
        absl::StrCat("a batch of ", batch.columns.size(), " columns, where the "
                     "plan has ", types.size()));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    if (LiesAs(*batch.columns[i], types[i])) continue;
    return absl::DataLossError(absl::StrCat(
        "column ", i, " of a batch is no ", types[i].ToString(),
        ", as the plan has it"));
  }
  return absl::OkStatus();
}

}  // namespace millrace
