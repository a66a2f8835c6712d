#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "runtime/expr/function.h"

namespace millrace {

// The function library by name. Filled once at start by the families'
// Register... functions (RegisterBuiltinFunctions calls them all), then only
// read: safe from any thread after that.
class FunctionRegistry {
 public:
  // REQUIRES: no function of that name is there.
  void Add(Function function);
  // Another name of a registered function. REQUIRES: `name` is there.
  void AddAlias(absl::string_view alias, absl::string_view name);

  // By name, any case; null when there is none.
  const Function* Find(absl::string_view name) const;

  // Every name and alias, sorted: for suggestions and documentation.
  std::vector<std::string> Names() const;

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<const Function>> functions_;
};

// Registers every family of the library.
void RegisterBuiltinFunctions(FunctionRegistry& registry);

}  // namespace millrace
