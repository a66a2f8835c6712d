#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "runtime/expr/function_registry.h"
#include "runtime/expr/functions_regex_pattern.h"

namespace millrace {

// REGEXP, REGEXP_EXTRACT, REGEXP_SUBSTR, REGEXP_INSTR, REGEXP_COUNT, SIMILAR.
void RegisterRegexMatchFunctions(FunctionRegistry& registry);
// REGEXP_REPLACE, REGEXP_EXTRACT_ALL, STR_TO_MAP.
void RegisterRegexAllFunctions(FunctionRegistry& registry);

// The compiled patterns of one kernel. A pattern that varies from row to row
// is compiled when first seen; when kMostPatterns are held all are dropped, so
// that a column of patterns cannot take all memory.
class RegexCache {
 public:
  static constexpr size_t kMostPatterns = 64;

  // Null: not a pattern (Flink's regex functions then give NULL). Valid until
  // the next call.
  RegexPattern* Get(absl::string_view pattern);

 private:
  std::string last_pattern_;
  RegexPattern* last_ = nullptr;
  bool has_last_ = false;
  absl::flat_hash_map<std::string, std::unique_ptr<RegexPattern>> patterns_;
};

}  // namespace millrace
