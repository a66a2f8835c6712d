// LIKE, ILIKE: (string, pattern[, escape]).

#include <optional>

#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/like_pattern.h"

namespace millrace {
namespace {

// The compiled pattern of the last row, which is mostly the next row's too.
class LastPattern {
 public:
  explicit LastPattern(bool ignore_case) : ignore_case_(ignore_case) {}

  const absl::StatusOr<LikePattern>& Get(absl::string_view pattern,
                                         absl::string_view escape) {
    if (!compiled_ || pattern != pattern_ || escape != escape_) {
      pattern_ = std::string(pattern);
      escape_ = std::string(escape);
      compiled_.emplace(LikePattern::Compile(
          pattern_, {.escape = escape_, .ignore_case = ignore_case_}));
    }
    return *compiled_;
  }

 private:
  bool ignore_case_;
  std::string pattern_, escape_;
  std::optional<absl::StatusOr<LikePattern>> compiled_;
};

std::unique_ptr<Kernel> MakeVaryingLike(bool ignore_case) {
  return MakeKernel([last = LastPattern(ignore_case)](const KernelCall& call)
                        mutable {
    const Column<StringView> text(*call.args[0]);
    const Column<StringView> pattern(*call.args[1]);
    uint8_t* const out = call.out->data<uint8_t>();
    call.rows.ForEach([&](uint32_t row) {
      absl::string_view escape;
      if (call.args.size() > 2) {
        const Vector& escapes = *call.args[2];
        escape = escapes.data<StringView>()[row & escapes.index_mask()].view();
      }
      const auto& like = last.Get(pattern[row].view(), escape);
      out[row] = like.ok() && like->Matches(text[row].view());
      if (!like.ok()) FailRow(call, row, like.status());
    });
  });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeLike(const KernelSource& source,
                                                 bool ignore_case) {
  const std::string* const pattern = LiteralText(source.args[1]);
  const std::string* const escape =
      source.args.size() > 2 ? LiteralText(source.args[2]) : nullptr;
  if (pattern == nullptr || (source.args.size() > 2 && escape == nullptr)) {
    return MakeVaryingLike(ignore_case);
  }
  absl::StatusOr<LikePattern> like = LikePattern::Compile(
      *pattern,
      {.escape = escape == nullptr ? absl::string_view() : *escape,
       .ignore_case = ignore_case});
  if (!like.ok()) return like.status();
  return MakeKernel([like = *std::move(like)](const KernelCall& call) {
    UnaryLoop<uint8_t, StringView>(call, [&](const StringView& text) {
      return static_cast<uint8_t>(like.Matches(text.view()));
    });
  });
}

}  // namespace

void RegisterStringLikeFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType boolean = LogicalType::Boolean();
  const std::vector<Signature> signatures = {
      {{text, text}, boolean}, {{text, text, text}, boolean}};
  registry.Add(PreparedEntry(
      "LIKE", "string1 LIKE string2 [ESCAPE char]", signatures,
      [](const KernelSource& source) { return MakeLike(source, false); }));
  registry.Add(PreparedEntry(
      "ILIKE", "string1 ILIKE string2 [ESCAPE char]", signatures,
      [](const KernelSource& source) { return MakeLike(source, true); }));
}

}  // namespace millrace
