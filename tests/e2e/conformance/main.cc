// Holds the conversations of an exactly-once sink with Kafka, one after the
// other, with real brokers and with the simulation's model of them, and says
// where the answers differ.
//
//   millrace_kafka_conformance BROKERS [--verbose]
//
// Exit status 1 if any does.
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/conformance/model_brokers.h"
#include "tests/e2e/conformance/protocol_scripts.h"
#include "tests/e2e/conformance/real_brokers.h"

namespace millrace::e2e {
namespace {

int RunScripts(const std::string& brokers, bool verbose) {
  const std::string run = absl::StrCat("c", absl::ToUnixMicros(absl::Now()));
  int differing = 0;
  int answers = 0;
  int number = 0;
  for (const ProtocolScript& script : ProtocolScripts()) {
    const std::string prefix = absl::StrCat(run, "-", number++);
    ModelBrokers model;
    RealBrokers real(brokers);
    const auto expected = script.run(real, prefix);
    const auto modelled = script.run(model, prefix);
    answers += static_cast<int>(expected.size());
    bool differs = expected.size() != modelled.size();
    for (size_t i = 0; i < expected.size() && i < modelled.size(); ++i) {
      const bool same = expected[i] == modelled[i];
      differs |= !same;
      if (verbose || !same) {
        std::printf("%s: %s%s%s\n", script.name, expected[i].c_str(),
                    same ? "" : "\n  the model: ",
                    same ? "" : modelled[i].c_str());
      }
    }
    differing += differs;
  }
  std::printf("%d conversations, %d answers, %d conversations differ\n",
              number, answers, differing);
  return differing == 0 ? 0 : 1;
}

}  // namespace
}  // namespace millrace::e2e

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "millrace_kafka_conformance BROKERS [--verbose]\n");
    return 2;
  }
  return millrace::e2e::RunScripts(argv[1], argc > 2);
}
