// CONCAT, ||, CONCAT_WS, REPLACE, OVERLAY, ELT: strings put together from
// others.

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/expr/byte_search.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_string.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {
namespace {

char* Append(absl::string_view text, char* out) {
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

void ConcatKernel(const KernelCall& call) {
  StringView* const out = call.out->data<StringView>();
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    size_t size_bytes = 0;
    for (const Vector* arg : call.args) {
      size_bytes += Column<StringView>(*arg)[row].size();
    }
    char* end = writer.Reserve(size_bytes);
    for (const Vector* arg : call.args) {
      end = Append(Column<StringView>(*arg)[row].view(), end);
    }
    out[row] = writer.Commit(size_bytes);
  });
  call.out->AddChunks(writer.TakeChunks());
}

// NULL only where the separator is; other NULLs are left out.
void ConcatWsKernel(const KernelCall& call) {
  StringView* const out = call.out->data<StringView>();
  const Column<StringView> separators(*call.args[0]);
  StringWriter writer;
  call.rows.ForEach([&](uint32_t row) {
    if (call.args[0]->IsNull(row)) {
      out[row] = StringView();
      call.out->SetNull(row);
      return;
    }
    const absl::string_view separator = separators[row].view();
    size_t size_bytes = 0;
    for (size_t i = 1; i < call.args.size(); ++i) {
      if (call.args[i]->IsNull(row)) continue;
      size_bytes +=
          separator.size() + Column<StringView>(*call.args[i])[row].size();
    }
    char* const begin = writer.Reserve(size_bytes);
    char* end = begin;
    bool first = true;
    for (size_t i = 1; i < call.args.size(); ++i) {
      if (call.args[i]->IsNull(row)) continue;
      if (!first) end = Append(separator, end);
      end = Append(Column<StringView>(*call.args[i])[row].view(), end);
      first = false;
    }
    out[row] = writer.Commit(end - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

// Of an empty `search` every character's border is one, as in Java.
StringView ReplaceEverywhere(absl::string_view text,
                             absl::string_view replacement,
                             StringWriter& writer) {
  const int64_t borders = CountCharacters(text) + 1;
  char* const begin =
      writer.Reserve(text.size() + borders * replacement.size());
  char* end = Append(replacement, begin);
  for (size_t at = 0; at < text.size();) {
    const size_t next = NextCharacter(text, at);
    end = Append(text.substr(at, next - at), end);
    end = Append(replacement, end);
    at = next;
  }
  return writer.Commit(end - begin);
}

StringView Replace(const StringView& whole, absl::string_view search,
                   absl::string_view replacement, StringWriter& writer) {
  const absl::string_view text = whole.view();
  if (search.empty()) return ReplaceEverywhere(text, replacement, writer);
  size_t found = FindBytes(text, search);
  if (found == absl::string_view::npos) return whole;
  const size_t most = text.size() / search.size();
  const size_t growth = replacement.size() > search.size()
                            ? most * (replacement.size() - search.size())
                            : 0;
  char* const begin = writer.Reserve(text.size() + growth);
  char* end = begin;
  size_t at = 0;
  do {
    end = Append(text.substr(at, found - at), end);
    end = Append(replacement, end);
    at = found + search.size();
    found = FindBytes(text, search, at);
  } while (found != absl::string_view::npos);
  end = Append(text.substr(at), end);
  return writer.Commit(end - begin);
}

void ReplaceKernel(const KernelCall& call) {
  StringView* const out = call.out->data<StringView>();
  const Column<StringView> text(*call.args[0]);
  const Column<StringView> search(*call.args[1]);
  const Column<StringView> replacement(*call.args[2]);
  StringWriter writer;
  ShareChunks(call, 0);
  call.rows.ForEach([&](uint32_t row) {
    out[row] = Replace(text[row], search[row].view(),
                       replacement[row].view(), writer);
  });
  call.out->AddChunks(writer.TakeChunks());
}

// Counts UTF-8 characters; a start outside the text leaves it as it is, and a
// replaced length that is not positive cuts the rest off, as in Flink.
void OverlayKernel(const KernelCall& call) {
  StringView* const out = call.out->data<StringView>();
  const Column<StringView> text(*call.args[0]);
  const Column<StringView> replacement(*call.args[1]);
  const Column<int64_t> start(*call.args[2]);
  StringWriter writer;
  ShareChunks(call, 0);
  call.rows.ForEach([&](uint32_t row) {
    const absl::string_view from = text[row].view();
    const absl::string_view with = replacement[row].view();
    const int64_t count = CountCharacters(from);
    const int64_t length = call.args.size() > 3
                               ? Column<int64_t>(*call.args[3])[row]
                               : CountCharacters(with);
    if (start[row] <= 0 || start[row] > count) {
      out[row] = text[row];
      return;
    }
    char* const begin = writer.Reserve(from.size() + with.size());
    const size_t head = SkipCharacters(from, 0, start[row] - 1);
    char* end = Append(with, Append(from.substr(0, head), begin));
    if (length > 0 && length <= count - start[row]) {
      end = Append(from.substr(SkipCharacters(from, head, length)), end);
    }
    out[row] = writer.Commit(end - begin);
  });
  call.out->AddChunks(writer.TakeChunks());
}

// ELT(index, value, ...): NULL where the index names none of them.
void EltKernel(const KernelCall& call) {
  StringView* const out = call.out->data<StringView>();
  const Column<int64_t> index(*call.args[0]);
  const int64_t count = static_cast<int64_t>(call.args.size()) - 1;
  for (int i = 1; i <= count; ++i) ShareChunks(call, i);
  call.rows.ForEach([&](uint32_t row) {
    out[row] = StringView();
    if (call.args[0]->IsNull(row) || index[row] < 1 || index[row] > count ||
        call.args[index[row]]->IsNull(row)) {
      call.out->SetNull(row);
    } else {
      out[row] = Column<StringView>(*call.args[index[row]])[row];
    }
  });
}

bool IsBinaryText(const LogicalType& type) { return type.IsBinary(); }

// `||`: the lengths add up; of CHAR and CHAR a CHAR.
absl::StatusOr<ResolvedCall> ResolveConcatenation(
    std::span<const ArgumentInfo> args) {
  constexpr absl::string_view kUsage = "string1 || string2";
  if (args.size() != 2) return SignatureMismatch("||", kUsage, args);
  LogicalType a = args[0].type, b = args[1].type;
  if (a.Is(TypeRoot::kNull)) a = IsBinaryText(b) ? LogicalType::Bytes()
                                                 : LogicalType::String();
  if (b.Is(TypeRoot::kNull)) b = IsBinaryText(a) ? LogicalType::Bytes()
                                                 : LogicalType::String();
  const bool text = a.IsCharacter() && b.IsCharacter();
  const bool binary = a.IsBinary() && b.IsBinary();
  if (!text && !binary) return SignatureMismatch("||", kUsage, args);
  const int length = static_cast<int>(
      std::min<int64_t>(static_cast<int64_t>(a.length()) + b.length(),
                        LogicalType::kMaxLength));
  LogicalType result = binary ? LogicalType::VarBinary(length)
                              : LogicalType::VarChar(length);
  if (a.Is(TypeRoot::kChar) && b.Is(TypeRoot::kChar)) {
    result = LogicalType::Char(length);
  } else if (a.Is(TypeRoot::kBinary) && b.Is(TypeRoot::kBinary)) {
    result = LogicalType::Binary(length);
  }
  return ResolvedCall{{a, b}, result.WithNullable(AnyNullable(args))};
}

// The values' common type: the longest CHAR where all are CHAR, else STRING
// (BYTES). A literal index below 0 is refused, as in Flink.
absl::StatusOr<ResolvedCall> ResolveElt(std::span<const ArgumentInfo> args) {
  constexpr absl::string_view kUsage = "ELT(index, expr[, exprs]*)";
  if (args.size() < 2 || !(args[0].type.IsIntegral() ||
                           args[0].type.Is(TypeRoot::kNull))) {
    return SignatureMismatch("ELT", kUsage, args);
  }
  const Value* const literal = args[0].literal;
  const int64_t* const index =
      literal == nullptr ? nullptr : std::get_if<int64_t>(&literal->data);
  if (index != nullptr && *index < 0) {
    return BadLiteral("ELT", "a negative index", "indexes count from 1",
                      "Use 1 for the first value");
  }
  bool text = true, binary = true, all_char = true;
  int length = 1;
  for (const ArgumentInfo& arg : args.subspan(1)) {
    if (arg.type.Is(TypeRoot::kNull)) continue;
    text &= arg.type.IsCharacter();
    binary &= arg.type.IsBinary();
    all_char &= arg.type.Is(TypeRoot::kChar);
    length = std::max(length, arg.type.length());
  }
  if (!text && !binary) return SignatureMismatch("ELT", kUsage, args);
  LogicalType result = text ? LogicalType::String() : LogicalType::Bytes();
  if (all_char) result = LogicalType::Char(length);
  ResolvedCall call;
  call.args.push_back(
      LogicalType::BigInt().WithNullable(args[0].type.nullable()));
  for (const ArgumentInfo& arg : args.subspan(1)) {
    call.args.push_back(arg.type.Is(TypeRoot::kNull) ? result : arg.type);
  }
  call.result = result.AsNullable();
  return call;
}

KernelFactory Plain(KernelBody body) {
  return [body](const KernelSource&)
             -> absl::StatusOr<std::unique_ptr<Kernel>> {
    return MakeKernel(body);
  };
}

}  // namespace

void RegisterStringBuildFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType number = LogicalType::BigInt();
  registry.Add(Entry("CONCAT", "CONCAT(string1, string2, ...)",
                     {{.args = {text, text}, .result = text,
                       .variadic = true}},
                     ConcatKernel));
  registry.Add(ResolvedEntry("||", "string1 || string2", ResolveConcatenation,
                             Plain(ConcatKernel)));
  registry.Add(Entry("CONCAT_WS", "CONCAT_WS(separator, string1, ...)",
                     {{.args = {text, text}, .result = text,
                       .variadic = true}},
                     ConcatWsKernel, {.null_in_null_out = false}));
  registry.Add(Entry("REPLACE", "REPLACE(string, search, replacement)",
                     {{{text, text, text}, text}}, ReplaceKernel));
  registry.Add(Entry("OVERLAY",
                     "OVERLAY(string1 PLACING string2 FROM integer1 "
                     "[FOR integer2])",
                     {{{text, text, number}, text},
                      {{text, text, number, number}, text}},
                     OverlayKernel));
  registry.Add(ResolvedEntry("ELT", "ELT(index, expr[, exprs]*)", ResolveElt,
                             Plain(EltKernel), {.null_in_null_out = false}));
}

}  // namespace millrace
