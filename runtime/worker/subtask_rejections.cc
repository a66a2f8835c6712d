#include "runtime/worker/subtask_rejections.h"

#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "runtime/base/status_macros.h"
#include "runtime/operators/dead_letter_writer.h"

namespace millrace {
namespace {

// The default place as a table: a file of lines for each checkpoint that had
// any, visible when it has completed.
TableDescriptor FilesOf(absl::string_view name, const std::string& folder) {
  return {.name = absl::StrCat("dead-letters-", name),
          .columns = {{.name = "line",
                       .type = LogicalType::String().NotNull()}},
          .options = {{"connector", "filesystem"},
                      {"path", folder},
                      {"format", "raw"},
                      {"sink.rolling-policy.rollover-interval", "0 s"}}};
}

std::unique_ptr<OutputRefusals> RefusalsInto(
    std::unique_ptr<RejectedSink> kept, RejectionPolicy::Mode mode,
    const TableDescriptor& table, const OperatorContext& context) {
  return std::make_unique<OutputRefusals>(OutputRefusals::Options{
      .table = table.name,
      .mode = mode,
      .sink = std::move(kept),
      .counter = context.metrics->AddCounter(
          "numRecordsOutErrors", "Records that the sink did not take."),
      .clock = context.clock});
}

}  // namespace

absl::StatusOr<std::unique_ptr<RejectionPolicy>> SubtaskRejections::OfRecords(
    const Vertex& source, const OperatorContext& context) {
  const auto& spec = std::get<SourceSpec>(source.spec);
  ASSIGN_OR_RETURN(const RejectionPolicy::Mode mode,
                   RejectionPolicy::ModeOf(spec.table));
  std::unique_ptr<RejectedSink> sink;
  if (mode == RejectionPolicy::Mode::kQuarantine) {
    ASSIGN_OR_RETURN(sink,
                     SinkInto(spec.rejected_into, spec.table.name, source,
                              context));
  }
  return std::make_unique<RejectionPolicy>(spec.table.name, mode,
                                           std::move(sink));
}

absl::StatusOr<RowFailures*> SubtaskRejections::OfRows(
    const Vertex& vertex, const OperatorContext& context) {
  const auto& config = options_.plan->config;
  const auto set = config.find("error-handling.expression.mode");
  if (set == config.end()) return nullptr;
  ASSIGN_OR_RETURN(const RejectionPolicy::Mode mode,
                   RejectionPolicy::ModeOfExpressions(set->second));
  if (mode == RejectionPolicy::Mode::kFail) return nullptr;
  std::unique_ptr<RejectedSink> sink;
  if (mode == RejectionPolicy::Mode::kQuarantine) {
    // A uid is a path of names.
    const std::string folder = absl::StrReplaceAll(vertex.uid, {{"/", "_"}});
    ASSIGN_OR_RETURN(sink, SinkInto(options_.plan->rejected_into, folder,
                                    vertex, context));
  }
  failures_.push_back(std::make_unique<RowFailures>(
      std::make_unique<RejectionPolicy>(context.name, mode, std::move(sink),
                                        RejectionPolicy::Subject::kRows),
      context.metrics->AddCounter(
          "numExpressionErrors",
          "Rows left out because an expression failed on them."),
      context.clock));
  return failures_.back().get();
}

absl::StatusOr<std::unique_ptr<OutputRefusals>> SubtaskRejections::OfOutput(
    const Vertex& sink, const OperatorContext& context) {
  const auto& spec = std::get<SinkSpec>(sink.spec);
  const TableDescriptor& table = spec.table;
  ASSIGN_OR_RETURN(const RejectionPolicy::Mode mode,
                   RejectionPolicy::ModeOf(table));
  std::unique_ptr<RejectedSink> kept;
  if (mode == RejectionPolicy::Mode::kQuarantine) {
    // Plans of earlier versions say it of the job alone.
    ASSIGN_OR_RETURN(kept, SinkInto(spec.rejected_into
                                        ? spec.rejected_into
                                        : options_.plan->rejected_into,
                                    table.name, sink, context));
  }
  return RefusalsInto(std::move(kept), mode, table, context);
}

std::unique_ptr<OutputRefusals> SubtaskRejections::OfLetters(
    const Vertex& sink, const OperatorContext& context) {
  const TableDescriptor& table = std::get<SinkSpec>(sink.spec).table;
  return RefusalsInto(Lines(table.name, sink, context),
                      RejectionPolicy::Mode::kQuarantine, table, context);
}

absl::StatusOr<std::unique_ptr<RejectedSink>> SubtaskRejections::SinkInto(
    const std::optional<TableDescriptor>& table, absl::string_view folder,
    const Vertex& vertex, const OperatorContext& context) {
  if (!table && !options_.has_filesystem) {
    return Lines(folder, vertex, context);
  }
  const std::string path =
      table ? "" : absl::StrCat(options_.directory, "/", folder);
  ASSIGN_OR_RETURN(RejectedRowStage* const stage,
                   StageInto(table ? *table : FilesOf(folder, path), path));
  return stage->NewSink(context.name);
}

std::unique_ptr<RejectedSink> SubtaskRejections::Lines(
    absl::string_view folder, const Vertex& vertex,
    const OperatorContext& context) const {
  const std::string file =
      DeadLetterWriter::FileName({.job_id = options_.job_id,
                                  .uid = vertex.uid,
                                  .subtask = context.subtask,
                                  .attempt = options_.attempt});
  return std::make_unique<DeadLetterWriter>(DeadLetterWriter::Options{
      .path = absl::StrCat(options_.directory, "/", folder, "/", file),
      .job = options_.plan->name,
      .attempt = options_.attempt,
      .op = context.name});
}

absl::StatusOr<RejectedRowStage*> SubtaskRejections::StageInto(
    const TableDescriptor& table, std::string lines_folder) {
  RejectedRowStage*& stage = stages_[table.name];
  if (stage != nullptr) return stage;
  ASSIGN_OR_RETURN(MadeSink sink, options_.make_sink(table, *this));
  metrics_.push_back(std::move(sink.metrics));
  ASSIGN_OR_RETURN(std::unique_ptr<RejectedRowStage> made,
                   RejectedRowStage::Open(table, std::move(sink.op),
                                          {.job = options_.plan->name,
                                           .attempt = options_.attempt,
                                           .lines_folder =
                                               std::move(lines_folder)}));
  stage = made.get();
  built_.push_back(std::move(made));
  return stage;
}

std::string SubtaskRejections::SinkUid(absl::string_view head,
                                       const TableDescriptor& table) {
  return absl::StrCat(head, "/rejected/", table.name);
}

bool SubtaskRejections::IsSinkOf(const JobPlan& plan, absl::string_view uid) {
  // A sink may end the chain of any of them.
  std::vector<const TableDescriptor*> tables;
  if (plan.rejected_into) tables.push_back(&*plan.rejected_into);
  for (const Vertex& vertex : plan.vertices) {
    const auto* sink = std::get_if<SinkSpec>(&vertex.spec);
    if (sink != nullptr && sink->rejected_into) {
      tables.push_back(&*sink->rejected_into);
    }
  }
  for (const Vertex& vertex : plan.vertices) {
    for (const TableDescriptor* table : tables) {
      if (uid == SinkUid(vertex.uid, *table)) return true;
    }
    if (absl::StartsWith(uid, SinkUid(vertex.uid, FilesOf("", "")))) {
      return true;
    }
    const auto* source = std::get_if<SourceSpec>(&vertex.spec);
    if (source != nullptr && source->rejected_into &&
        uid == SinkUid(vertex.uid, *source->rejected_into)) {
      return true;
    }
  }
  return false;
}

std::vector<std::unique_ptr<Operator>> SubtaskRejections::TakeStages() {
  return std::exchange(built_, {});
}

}  // namespace millrace
