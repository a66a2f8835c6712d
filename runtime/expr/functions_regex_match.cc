// REGEXP, REGEXP_EXTRACT, REGEXP_SUBSTR, REGEXP_INSTR, REGEXP_COUNT, SIMILAR:
// what one search in a text finds, as views of it.

#include "runtime/base/status_macros.h"
#include "runtime/expr/function_entry.h"
#include "runtime/expr/functions_regex.h"
#include "runtime/expr/functions_regex_syntax.h"
#include "runtime/expr/kernel_loops.h"
#include "runtime/expr/utf8.h"

namespace millrace {

RegexPattern* RegexCache::Get(absl::string_view pattern) {
  if (has_last_ && pattern == last_pattern_) return last_;
  if (patterns_.size() >= kMostPatterns) patterns_.clear();
  auto [entry, added] = patterns_.try_emplace(std::string(pattern));
  if (added) {
    auto compiled = RegexPattern::Compile(pattern);
    if (compiled.ok()) entry->second = *std::move(compiled);
  }
  last_pattern_ = std::string(pattern);
  last_ = entry->second.get();
  has_last_ = true;
  return last_;
}

namespace {

// A kernel over `step(row, text, regex)`; `regex` is null for a pattern that
// is none.
template <typename Step>
std::unique_ptr<Kernel> MakeRegexKernel(Step step) {
  return MakeKernel([cache = RegexCache(), step](const KernelCall& call)
                        mutable {
    const Column<StringView> text(*call.args[0]);
    const Column<StringView> pattern(*call.args[1]);
    if (pattern.is_constant() && call.rows.size() > 0) {
      RegexPattern* const regex = cache.Get(pattern[0].view());
      call.rows.ForEach(
          [&](uint32_t row) { step(call, row, text[row], regex); });
      return;
    }
    call.rows.ForEach([&](uint32_t row) {
      step(call, row, text[row], cache.Get(pattern[row].view()));
    });
  });
}

using Made = absl::StatusOr<std::unique_ptr<Kernel>>;

void PutNull(const KernelCall& call, uint32_t row) {
  call.out->data<StringView>()[row] = StringView();
  call.out->SetNull(row);
}

// The text of a group of the first match. NULL: no match, no such group, or
// one that took no part.
Made ExtractFactory(const KernelSource&) {
  auto kernel = MakeRegexKernel([](const KernelCall& call, uint32_t row,
                                   const StringView& text,
                                   RegexPattern* regex) {
    const int64_t group =
        call.args.size() > 2 ? Column<int64_t>(*call.args[2])[row] : 0;
    if (regex == nullptr || group < 0 || group > regex->group_count() ||
        !regex->Find(text.view())) {
      PutNull(call, row);
      return;
    }
    const auto found = regex->Group(static_cast<int>(group));
    if (!found) {
      PutNull(call, row);
      return;
    }
    call.out->data<StringView>()[row] = StringView(*found);
  });
  return MakeKernel([kernel = std::move(kernel)](const KernelCall& call) {
    ShareChunks(call, 0);
    kernel->Run(call);
  });
}

// An empty pattern, and one that is none, find nothing.
Made RegexpFactory(const KernelSource&) {
  return MakeRegexKernel([](const KernelCall& call, uint32_t row,
                            const StringView& text, RegexPattern* regex) {
    const Column<StringView> pattern(*call.args[1]);
    call.out->data<uint8_t>()[row] = regex != nullptr &&
                                     pattern[row].size() > 0 &&
                                     regex->Find(text.view());
  });
}

Made CountFactory(const KernelSource&) {
  return MakeRegexKernel([](const KernelCall& call, uint32_t row,
                            const StringView& text, RegexPattern* regex) {
    int32_t count = 0;
    if (regex == nullptr) {
      call.out->SetNull(row);
    } else {
      size_t from = 0;
      for (; regex->Find(text.view(), from); from = regex->NextFrom()) {
        ++count;
      }
    }
    call.out->data<int32_t>()[row] = count;
  });
}

// UTF-16 units, as Java counts places.
int32_t CountUnits(absl::string_view text) {
  int64_t units = CountCharacters(text);
  for (const char c : text) units += static_cast<uint8_t>(c) >= 0xF0;
  return static_cast<int32_t>(units);
}

// The place of the first match, from 1; 0 without one.
Made InstrFactory(const KernelSource&) {
  return MakeRegexKernel([](const KernelCall& call, uint32_t row,
                            const StringView& text, RegexPattern* regex) {
    int32_t place = 0;
    if (regex == nullptr) {
      call.out->SetNull(row);
    } else if (regex->Find(text.view())) {
      place = CountUnits(text.view().substr(0, regex->begin())) + 1;
    }
    call.out->data<int32_t>()[row] = place;
  });
}

// SIMILAR TO's patterns are errors when they are none.
absl::StatusOr<std::unique_ptr<RegexPattern>> CompileSimilar(
    absl::string_view pattern, absl::string_view escape) {
  ASSIGN_OR_RETURN(const std::string java, TranslateSimilar(pattern, escape));
  return RegexPattern::Compile(java, RegexPattern::Anchor::kWhole);
}

Made SimilarFactory(const KernelSource& source) {
  const std::string* const pattern = LiteralText(source.args[1]);
  const bool escaped = source.args.size() > 2;
  const std::string* const escape =
      escaped ? LiteralText(source.args[2]) : nullptr;
  if (pattern == nullptr || (escaped && escape == nullptr)) {
    return BadLiteral("SIMILAR TO", "a pattern that is computed",
                      "it is compiled once for the whole job",
                      "Use REGEXP(string, pattern) instead");
  }
  auto regex =
      CompileSimilar(*pattern, escaped ? absl::string_view(*escape) : "");
  if (!regex.ok()) {
    return BadLiteral("SIMILAR TO", *pattern, regex.status().message(),
                      "Correct the pattern");
  }
  return MakeKernel([regex = *std::move(regex)](const KernelCall& call) {
    UnaryLoop<uint8_t, StringView>(call, [&](const StringView& text) {
      return static_cast<uint8_t>(regex->Find(text.view()));
    });
  });
}

}  // namespace

void RegisterRegexMatchFunctions(FunctionRegistry& registry) {
  const LogicalType text = LogicalType::String();
  const LogicalType integer = LogicalType::Integer();
  const LogicalType number = LogicalType::BigInt();
  const LogicalType boolean = LogicalType::Boolean();
  const auto nullable = [](std::vector<LogicalType> args,
                           const LogicalType& result) {
    return Signature{.args = std::move(args), .result = result,
                     .always_nullable = true};
  };
  registry.Add(PreparedEntry("REGEXP", "REGEXP(string1, string2)",
                             {{{text, text}, boolean}}, RegexpFactory));
  registry.Add(PreparedEntry(
      "REGEXP_EXTRACT", "REGEXP_EXTRACT(string1, string2[, integer])",
      {nullable({text, text}, text), nullable({text, text, number}, text)},
      ExtractFactory));
  registry.Add(PreparedEntry("REGEXP_SUBSTR", "REGEXP_SUBSTR(str, regex)",
                             {nullable({text, text}, text)},
                             ExtractFactory));
  registry.Add(PreparedEntry("REGEXP_INSTR", "REGEXP_INSTR(str, regex)",
                             {nullable({text, text}, integer)},
                             InstrFactory));
  registry.Add(PreparedEntry("REGEXP_COUNT", "REGEXP_COUNT(str, regex)",
                             {nullable({text, text}, integer)},
                             CountFactory));
  registry.Add(PreparedEntry(
      "SIMILAR TO", "string1 SIMILAR TO string2 [ESCAPE char]",
      {{{text, text}, boolean}, {{text, text, text}, boolean}},
      SimilarFactory));
}

}  // namespace millrace
