#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "runtime/expr/function_registry.h"

namespace millrace {

// For tests: one line of testdata/*.txt (its README says how they read).
struct ExpressionCase {
  // All: with columns and with literals.
  enum class Form { kBoth, kLiteral, kColumn };

  struct Argument {
    std::string type;
    std::string text;
  };

  Form form = Form::kBoth;
  std::string function;  // "CAST INT" has its target behind the name.
  std::vector<Argument> args;
  std::string expected;  // "INT: 3" or "error EXP-0001".
};

// Every case of a file's text.
std::vector<ExpressionCase> ParseCases(absl::string_view text);

// How the rows lie that a case is run with.
enum class RowLayout { kDense, kSparse, kWithNulls, kLiteral };

// What the function gives, in the form of `expected`. With kWithNulls every
// other row has NULL in the last argument.
std::string RunCase(const ExpressionCase& expression_case, RowLayout layout,
                    const FunctionRegistry& registry);

}  // namespace millrace
