#include "taskmanager/attempt_report.h"

#include <cstdint>

#include "absl/strings/match.h"

namespace millrace {

using Between = TaskletMetrics::Between;

namespace {

// The operator's own number, by its name. Few operators have any, and they are
// read once a heartbeat.
int64_t LateRows(const Vertex& vertex, const OperatorMetrics& metrics) {
  if (!std::holds_alternative<WindowAggregateSpec>(vertex.spec)) return 0;
  for (const MetricGroup::Sample& sample : metrics.group()->Read()) {
    if (absl::EndsWith(sample.name, "_numLateRecordsDropped")) {
      return static_cast<int64_t>(sample.value);
    }
  }
  return 0;
}

}  // namespace

void AttemptReport::AddSplits(const SubtaskId& source,
                              const std::vector<Split>& splits) {
  for (const Split& split : splits) splits_[source].push_back(split.id);
}

std::vector<SubtaskReport> AttemptReport::Read() const {
  std::vector<SubtaskReport> reports;
  for (const auto& counted : counters_) {
    SubtaskReport& report = reports.emplace_back();
    report.subtask = {counted.vertices.front(), counted.index};
    report.busy_nanos = counted.time->SpentNanos(Between::kBusy);
    report.idle_nanos = counted.time->SpentNanos(Between::kIdle);
    report.back_pressured_nanos =
        counted.time->SpentNanos(Between::kBackPressured);
    for (size_t i = 0; i < counted.vertices.size(); ++i) {
      const OperatorMetrics& op = *counted.operators[i];
      const Vertex& vertex = plan_->vertices[counted.vertices[i].value()];
      const bool is_sink = std::holds_alternative<SinkSpec>(vertex.spec);
      report.operators.push_back(
          {.vertex = counted.vertices[i],
           .rows_in = op.records_in(),
           .rows_out = op.records_out(),
           .bytes_in = op.bytes_in(),
           .late_rows = LateRows(vertex, op),
           .watermark_ms = is_sink ? op.input_watermark_ms()
                                   : op.output_watermark_ms()});
    }
    auto& first = report.operators.front();
    first.bytes_in += counted.time->local_in().bytes->value() +
                      counted.time->remote_in().bytes->value();
    report.operators.back().bytes_out = counted.time->out().bytes->value();
    const int64_t holder = counted.operators.front()->watermark_holder();
    const auto splits = splits_.find(report.subtask);
    if (splits != splits_.end() && holder >= 0 &&
        holder < static_cast<int64_t>(splits->second.size())) {
      report.watermark_holder = splits->second[holder];
    }
  }
  return reports;
}

}  // namespace millrace
