#include "runtime/expr/signature.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "runtime/base/error.h"
#include "runtime/expr/type_coercion.h"

namespace millrace {
namespace {

enum class Fit { kNone, kImplicit, kExact };

Fit FitOf(const LogicalType& from, const LogicalType& to) {
  const bool text = from.IsCharacter() && to.IsCharacter();
  const bool bytes = from.IsBinary() && to.IsBinary();
  const bool same = from.root() == to.root() && !from.IsNested();
  if (text || bytes || same || from.EqualsIgnoringNull(to)) {
    return Fit::kExact;
  }
  return CanImplicitlyCast(from, to) ? Fit::kImplicit : Fit::kNone;
}

const LogicalType& ParameterAt(const Signature& signature, size_t index) {
  return signature.args[std::min(index, signature.args.size() - 1)];
}

Fit FitOf(std::span<const ArgumentInfo> args, const Signature& signature) {
  const size_t fixed = signature.args.size() - (signature.variadic ? 1 : 0);
  if (args.size() < fixed || (!signature.variadic && args.size() > fixed)) {
    return Fit::kNone;
  }
  Fit fit = Fit::kExact;
  for (size_t i = 0; i < args.size(); ++i) {
    fit = std::min(fit, FitOf(args[i].type, ParameterAt(signature, i)));
  }
  return fit;
}

ResolvedCall Resolve(std::span<const ArgumentInfo> args,
                     const Signature& signature) {
  ResolvedCall call;
  for (size_t i = 0; i < args.size(); ++i) {
    const LogicalType& own = args[i].type;
    const LogicalType& parameter = ParameterAt(signature, i);
    const bool keeps = FitOf(own, parameter) == Fit::kExact;
    call.args.push_back(keeps ? own
                              : parameter.WithNullable(own.nullable()));
  }
  call.result = signature.result.WithNullable(signature.always_nullable ||
                                              AnyNullable(args));
  return call;
}

// What people most often meant: the text they passed as a number, or a number
// where text is wanted.
std::string Suggestion(std::span<const ArgumentInfo> args) {
  for (const ArgumentInfo& arg : args) {
    if (arg.type.IsCharacter()) return "Try CAST(text AS DOUBLE) or the like.";
    if (!arg.type.IsNested()) return "Try CAST(value AS STRING).";
  }
  return "";
}

// The cast that the first unsuitable argument needs; "" where it cannot be
// cast, or there are too few or too many arguments.
std::string Suggestion(std::span<const ArgumentInfo> args,
                       const Signature& signature) {
  const size_t fixed = signature.args.size() - (signature.variadic ? 1 : 0);
  if (args.size() < fixed || (!signature.variadic && args.size() > fixed)) {
    return "";
  }
  for (size_t i = 0; i < args.size(); ++i) {
    const LogicalType& own = args[i].type;
    const LogicalType& parameter = ParameterAt(signature, i);
    if (FitOf(own, parameter) != Fit::kNone) continue;
    if (own.IsNested() || parameter.IsNested()) return "";
    return absl::StrCat("Try CAST(", own.IsCharacter() ? "text" : "value",
                        " AS ", parameter.AsNullable().ToString(), ").");
  }
  return "";
}

absl::Status Mismatch(absl::string_view name, absl::string_view usage,
                      std::span<const ArgumentInfo> args, std::string fix) {
  return UserError(
      {.code = "SQL-0101",
       .what = absl::StrCat(
           "`", name, "` expects ",
           absl::StrReplaceAll(usage, {{"\n", " or "}}), ", but got (",
           absl::StrJoin(args, ", ",
                         [](std::string* out, const ArgumentInfo& arg) {
                           out->append(arg.type.ToString());
                         }),
           ")"),
       .fix = std::move(fix)});
}

}  // namespace

absl::Status SignatureMismatch(absl::string_view name, absl::string_view usage,
                               std::span<const ArgumentInfo> args) {
  return Mismatch(name, usage, args, Suggestion(args));
}

bool AnyNullable(std::span<const ArgumentInfo> args) {
  return std::any_of(
      args.begin(), args.end(),
      [](const ArgumentInfo& arg) { return arg.type.nullable(); });
}

Resolver OneOf(absl::string_view name, absl::string_view usage,
               std::vector<Signature> signatures) {
  return [name = std::string(name), usage = std::string(usage),
          signatures = std::move(signatures)](
             std::span<const ArgumentInfo> args)
             -> absl::StatusOr<ResolvedCall> {
    const Signature* best = nullptr;
    Fit best_fit = Fit::kNone;
    for (const Signature& signature : signatures) {
      const Fit fit = FitOf(args, signature);
      if (fit > best_fit) {
        best = &signature;
        best_fit = fit;
      }
    }
    if (best != nullptr) return Resolve(args, *best);
    std::string fix;
    for (size_t i = 0; i < signatures.size() && fix.empty(); ++i) {
      fix = Suggestion(args, signatures[i]);
    }
    return Mismatch(name, usage, args, std::move(fix));
  };
}

}  // namespace millrace
