#include "runtime/expr/function_registry.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "runtime/base/check.h"

namespace millrace {

void FunctionRegistry::Add(Function function) {
  std::string name = function.name;
  const bool added =
      functions_
          .try_emplace(std::move(name), std::make_shared<const Function>(
                                            std::move(function)))
          .second;
  MILLRACE_CHECK(added);
}

void FunctionRegistry::AddAlias(absl::string_view alias,
                                absl::string_view name) {
  const auto found = functions_.find(std::string(name));
  MILLRACE_CHECK(found != functions_.end());
  auto function = found->second;
  const bool added =
      functions_.try_emplace(std::string(alias), std::move(function)).second;
  MILLRACE_CHECK(added);
}

const Function* FunctionRegistry::Find(absl::string_view name) const {
  const auto found = functions_.find(absl::AsciiStrToUpper(name));
  return found == functions_.end() ? nullptr : found->second.get();
}

std::vector<std::string> FunctionRegistry::Names() const {
  std::vector<std::string> names;
  names.reserve(functions_.size());
  for (const auto& [name, function] : functions_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace millrace
