#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/operators/output_refusals.h"
#include "runtime/operators/rejected_row_stage.h"
#include "runtime/operators/row_failures.h"
#include "runtime/plan/job_plan.h"

namespace millrace {

// Where the operators of one subtask put what they set aside: records that
// their source cannot decode, rows on which an expression fails, what a sink
// refuses. Into files, or into tables through a sink at the end of the chain.
//
// Outlives the subtask's operators, whose worker uses what it gave out.
class SubtaskRejections {
 public:
  struct MadeSink {
    std::unique_ptr<Operator> op;
    std::shared_ptr<MetricGroup> metrics;  // Of `op`, which does not own it.
  };
  struct Options {
    const JobPlan* plan = nullptr;  // Outlives this.
    std::string job_id;
    int64_t attempt = 0;
    std::string directory;  // For files.
    // There is a connector for them: they take part in checkpoints.
    bool has_filesystem = false;
    // Makes the subtask's sink of a table, which takes inserts alone, and asks
    // OfLetters what becomes of those that it refuses.
    std::function<absl::StatusOr<MadeSink>(const TableDescriptor&,
                                           SubtaskRejections&)>
        make_sink;
  };

  explicit SubtaskRejections(Options options)
      : options_(std::move(options)) {}

  // What becomes of the records of `source`.
  absl::StatusOr<std::unique_ptr<RejectionPolicy>> OfRecords(
      const Vertex& source, const OperatorContext& context);

  // What becomes of records that the writer of `sink` refuses.
  absl::StatusOr<std::unique_ptr<OutputRefusals>> OfOutput(
      const Vertex& sink, const OperatorContext& context);

  // What becomes of letters that the writer of their own table refuses: a
  // letter about a record that is too large may be too large itself. There is
  // no further table for it; it goes into lines, outside checkpoints, with the
  // table's dead letters.
  std::unique_ptr<OutputRefusals> OfLetters(const Vertex& sink,
                                            const OperatorContext& context);

  // What becomes of rows on which an expression of `vertex` fails, by the
  // job's 'error-handling.expression.mode'; null: they fail the job.
  absl::StatusOr<RowFailures*> OfRows(const Vertex& vertex,
                                      const OperatorContext& context);

  // The operators that end the chain, for tables given so far. Once.
  std::vector<std::unique_ptr<Operator>> TakeStages();

  // What the state of the sink into `table` is found by, in the chain that
  // begins with the vertex `head`; it stands in no plan.
  static std::string SinkUid(absl::string_view head,
                             const TableDescriptor& table);
  // Whether the plan's chains may have a sink of this uid.
  static bool IsSinkOf(const JobPlan& plan, absl::string_view uid);

 private:
  // Of what `vertex` sets aside: into the table, or into files in the folder of
  // that name.
  absl::StatusOr<std::unique_ptr<RejectedSink>> SinkInto(
      const std::optional<TableDescriptor>& table, absl::string_view folder,
      const Vertex& vertex, const OperatorContext& context);
  absl::StatusOr<RejectedRowStage*> StageInto(const TableDescriptor& table,
                                              std::string lines_folder);
  std::unique_ptr<RejectedSink> Lines(absl::string_view folder,
                                      const Vertex& vertex,
                                      const OperatorContext& context) const;

  const Options options_;
  // By the table's name. Owned here until the chain is built.
  std::map<std::string, RejectedRowStage*> stages_;
  std::vector<std::unique_ptr<Operator>> built_;
  std::vector<std::shared_ptr<MetricGroup>> metrics_;
  std::vector<std::unique_ptr<RowFailures>> failures_;
};

}  // namespace millrace
