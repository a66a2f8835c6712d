#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/expr/cast_targets.h"
#include "runtime/expr/expression_node.h"

namespace millrace {
namespace {

// Casts a part of a nested value. Rows where the part is NULL stay NULL.
class PartCast {
 public:
  PartCast(const LogicalType& from, const LogicalType& to,
           const FunctionContext& context)
      : to_(to), cast_(MakeCast(from, to, context)) {}

  std::shared_ptr<Vector> Run(const Vector& part, Selection rows,
                              uint32_t capacity, RowErrors& errors) {
    auto out = std::make_shared<Vector>(to_, std::max<uint32_t>(capacity, 1));
    present_.clear();
    rows.ForEach([&](uint32_t row) {
      if (part.IsNull(row)) {
        ClearRow(*out, row);
      } else {
        present_.push_back(row);
      }
    });
    const Vector* const args[] = {&part};
    cast_->Run({args,
                Selection::Of(present_.data(),
                              static_cast<uint32_t>(present_.size())),
                out.get(), &errors});
    return out;
  }

 private:
  LogicalType to_;
  std::unique_ptr<Kernel> cast_;
  std::vector<uint32_t> present_;
};

class RowCast final : public Kernel {
 public:
  explicit RowCast(std::vector<PartCast> fields)
      : fields_(std::move(fields)) {}

  void Run(const KernelCall& call) override {
    for (size_t i = 0; i < fields_.size(); ++i) {
      const int field = static_cast<int>(i);
      call.out->SetChild(
          field, fields_[i].Run(*call.args[0]->child(field), call.rows,
                                call.out->capacity(), *call.errors));
    }
  }

 private:
  std::vector<PartCast> fields_;
};

// ARRAY, MAP and MULTISET: the elements of every selected row are cast in one
// go; the lists keep their places.
class ListCast final : public Kernel {
 public:
  explicit ListCast(std::vector<PartCast> parts) : parts_(std::move(parts)) {}

  void Run(const KernelCall& call) override {
    const Vector& lists = *call.args[0];
    places_.clear();
    owners_.clear();
    call.rows.ForEach([&](uint32_t row) {
      const ListEntry entry =
          lists.data<ListEntry>()[row & lists.index_mask()];
      call.out->data<ListEntry>()[row] = entry;
      for (uint32_t i = 0; i < entry.length; ++i) {
        places_.push_back(entry.offset + i);
        owners_.push_back(row);
      }
    });
    const auto elements = Selection::Of(places_.data(),
                                        static_cast<uint32_t>(places_.size()));
    RowErrors failed;
    for (size_t i = 0; i < parts_.size(); ++i) {
      const int child = static_cast<int>(i);
      const Vector& part = *lists.child(child);
      call.out->SetChild(child, parts_[i].Run(part, elements, part.capacity(),
                                              failed));
    }
    ReportOwners(call, failed);
  }

 private:
  // Elements fail by their place; what fails is every row that owns it (a
  // constant list belongs to all of them).
  void ReportOwners(const KernelCall& call, const RowErrors& failed) {
    for (const RowErrors::Entry& entry : failed.entries()) {
      for (size_t i = 0; i < places_.size(); ++i) {
        if (places_[i] != entry.row) continue;
        call.errors->Add(owners_[i], entry.status);
        ClearRow(*call.out, owners_[i]);
      }
    }
  }

  std::vector<PartCast> parts_;
  std::vector<uint32_t> places_, owners_;
};

}  // namespace

std::unique_ptr<Kernel> CastNested(const LogicalType& from,
                                   const LogicalType& to,
                                   const FunctionContext& context) {
  std::vector<PartCast> parts;
  for (size_t i = 0; i < to.fields().size(); ++i) {
    parts.emplace_back(from.fields()[i].type, to.fields()[i].type, context);
  }
  if (to.Is(TypeRoot::kRow)) return std::make_unique<RowCast>(std::move(parts));
  if (to.Is(TypeRoot::kMultiset)) {
    parts.emplace_back(LogicalType::Integer(), LogicalType::Integer(),
                       context);
  }
  return std::make_unique<ListCast>(std::move(parts));
}

}  // namespace millrace
