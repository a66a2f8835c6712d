#pragma once

#include <string>
#include <vector>

namespace millrace::sim {

// A course of events that one rule of the sink's protocol is there for, told
// step by step.
struct NamedScenario {
  const char* name;
  const char* rule;
  // What was wrong at the end; empty: nothing.
  std::vector<std::string> (*run)();
};

const std::vector<NamedScenario>& NamedScenarios();

}  // namespace millrace::sim
