#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "runtime/operators/operator.h"

namespace millrace {

// Runs one test case through an operator in five ways, always into an output
// with room for one batch:
//
//   batch     each Rows() is one batch
//   rows      each row is a batch of its own, a selected row among others
//   snapshot  as batch, with a snapshot after each step
//   restore   as batch, each step in a new operator, restored from the last
//             one's snapshot
//   changes   as batch, with a snapshot of changes after each step, which
//             added to the ones before must give what a whole one gives; every
//             second step in a new operator, restored from them
//
// The rows that come out between two Expect() are compared without regard to
// their order. Where `changelog_key` is given, the mode `rows` compares the
// tables that the changelogs make by that key instead: it has more changes.
//
//   EXPECT_EQ(OperatorHarness({.input = ..., .output = ..., .make = ...})
//                 .Rows({"1, a", "2, b"})
//                 .Expect({"+I 1, a"})
//                 .Difference(),
//             "");
class OperatorHarness {
 public:
  struct Options {
    std::vector<LogicalType> input;
    std::vector<LogicalType> output;
    std::function<absl::StatusOr<std::unique_ptr<Operator>>(
        const OperatorContext&)>
        make;
    std::optional<std::vector<int>> changelog_key;
    // False: what comes out depends on the batches; the mode `rows` is left
    // out.
    bool by_rows = true;
  };
  explicit OperatorHarness(Options options);

  OperatorHarness& Rows(std::vector<std::string> rows);
  OperatorHarness& Watermark(int64_t watermark_ms);
  // Processing time reaches `now_ms`; a due timer fires.
  OperatorHarness& Time(int64_t now_ms);
  OperatorHarness& EndInput();
  OperatorHarness& Expect(std::vector<std::string> rows);
  // The last step fails; the message contains `text`. Nothing may follow.
  OperatorHarness& ExpectError(std::string text);

  // Runs the case; empty when all five ways did as expected, else the first
  // difference for people to read.
  std::string Difference() const;

  // The metric `name` after a run in the mode `batch`.
  int64_t Metric(absl::string_view name) const;

 private:
  enum class Mode { kBatch, kRows, kSnapshot, kRestore, kChanges };
  struct Step {
    enum class Kind { kRows, kWatermark, kTime, kEnd, kExpect, kError };
    Kind kind;
    std::vector<std::string> rows;
    int64_t time_ms = 0;
    std::string text;
  };
  class Run;

  static absl::string_view NameOf(Mode mode);

  Options options_;
  std::vector<Step> steps_;
};

}  // namespace millrace
