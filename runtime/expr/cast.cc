#include "runtime/expr/cast.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/expr/cast_targets.h"
#include "runtime/expr/expression_node.h"
#include "runtime/expr/functions_datetime.h"
#include "runtime/expr/type_coercion.h"
#include "runtime/expr/vector_merge.h"

namespace millrace {
namespace {

// Text longer than this is cut in a message.
constexpr size_t kShownBytes = 64;

std::unique_ptr<Kernel> CopyValues(const LogicalType& type) {
  return MakeKernel([type](const KernelCall& call) {
    const MergePiece piece(Borrow(*call.args[0]), call.rows);
    MergePieces(type, {&piece, 1}, *call.out);
  });
}

// The NULL literal, cast to anything.
std::unique_ptr<Kernel> AllNull() {
  return MakeKernel([](const KernelCall& call) {
    call.rows.ForEach([&](uint32_t row) { ClearRow(*call.out, row); });
  });
}

class TryCastKernel final : public Kernel {
 public:
  explicit TryCastKernel(std::unique_ptr<Kernel> cast)
      : cast_(std::move(cast)) {}

  void Run(const KernelCall& call) override {
    failed_.Clear();
    cast_->Run({call.args, call.rows, call.out, &failed_});
    for (const RowErrors::Entry& entry : failed_.entries()) {
      ClearRow(*call.out, entry.row);
    }
  }

 private:
  std::unique_ptr<Kernel> cast_;
  RowErrors failed_;
};

}  // namespace

std::unique_ptr<Kernel> MakeCast(const LogicalType& from,
                                 const LogicalType& to,
                                 const FunctionContext& context) {
  if (from.Is(TypeRoot::kNull)) return AllNull();
  if (IsSameRepresentation(from, to)) return CopyValues(to);
  if (to.IsNested()) return CastNested(from, to, context);
  if (to.IsCharacter()) return CastToText(from, to, LocalZone(context));
  if (to.IsBinary()) return CastToBytes(from, to);
  if (to.IsTemporal()) return CastToTime(from, to, LocalZone(context));
  if (to.Is(TypeRoot::kDecimal)) return CastToDecimal(from, to);
  if (to.IsInterval()) return CopyValues(to);
  return CastToNumber(from, to);
}

std::unique_ptr<Kernel> MakeTryCast(const LogicalType& from,
                                    const LogicalType& to,
                                    const FunctionContext& context) {
  return std::make_unique<TryCastKernel>(MakeCast(from, to, context));
}

bool TextIsValueOf(const Value& value, const LogicalType& to) {
  const auto text = Vector::Constant(LogicalType::String(), value);
  Vector out(to, 1);
  RowErrors errors;
  const Vector* const args[] = {text.get()};
  MakeCast(LogicalType::String(), to, {})
      ->Run({args, Selection::All(1), &out, &errors});
  return errors.empty();
}

absl::Status CannotCast(absl::string_view text, const LogicalType& to) {
  const bool cut = text.size() > kShownBytes;
  return UserError({.code = "EXP-0002",
                    .what = absl::StrCat("cannot cast '",
                                         text.substr(0, kShownBytes),
                                         cut ? "..." : "", "' to ",
                                         to.AsNullable().ToString()),
                    .fix = "TRY_CAST gives NULL instead."});
}

}  // namespace millrace
