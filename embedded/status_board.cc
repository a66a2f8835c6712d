#include "embedded/status_board.h"

#include <algorithm>

#include "runtime/base/event_time.h"

namespace millrace {
namespace {

using Between = TaskletMetrics::Between;

double Share(int64_t part, int64_t whole) {
  return whole <= 0 ? 0 : static_cast<double>(part) / whole;
}

}  // namespace

StatusBoard::StatusBoard(const JobPlan& plan, const Clock* clock)
    : plan_(plan), clock_(clock), started_nanos_(clock->SteadyNanos()) {}

void StatusBoard::SetState(JobState state, absl::Status first_failure) {
  state_ = state;
  first_failure_ = std::move(first_failure);
  if (state == JobState::kRestarting) {
    ++restarts_;
    restart_cause_ = first_failure_;
  }
  if (IsTerminal(state)) ended_nanos_ = clock_->SteadyNanos();
}

void StatusBoard::SetCounters(std::vector<Counters> counters) {
  counters_ = std::move(counters);
  spent_.assign(counters_.size(), Spent());
  split_ids_.clear();  // A new attempt numbers its splits anew.
}

void StatusBoard::AddSplits(VertexId source, int subtask,
                            const std::vector<Split>& splits) {
  for (const Split& split : splits) {
    split_ids_[{source, subtask}].push_back(split.id);
  }
}

JobStatus StatusBoard::Read() {
  JobStatus status;
  status.state = state_;
  status.first_failure = first_failure_;
  status.restarts = restarts_;
  status.restart_cause = restart_cause_;
  status.checkpoints = checkpoints_;
  status.restored = restored_;
  const int64_t until =
      IsTerminal(state_) ? ended_nanos_ : clock_->SteadyNanos();
  status.running_for = absl::Nanoseconds(until - started_nanos_);
  for (const Vertex& vertex : plan_.vertices) {
    status.vertices.push_back(
        {.id = vertex.id,
         .name = vertex.name,
         .parallelism = vertex.parallelism,
         .is_source = std::holds_alternative<SourceSpec>(vertex.spec),
         .is_sink = std::holds_alternative<SinkSpec>(vertex.spec),
         .watermark_ms = kMaxWatermark});
  }
  for (size_t i = 0; i < counters_.size(); ++i) {
    Spent since;
    for (int state = 0; state < 3; ++state) {
      const int64_t total =
          counters_[i].time->SpentNanos(static_cast<Between>(state));
      since.nanos[state] = total - spent_[i].nanos[state];
      spent_[i].nanos[state] = total;
    }
    AddSubtask(counters_[i], since, status);
  }
  if (counters_.empty()) {
    for (VertexStatus& vertex : status.vertices) {
      vertex.watermark_ms = kMinWatermark;
    }
  }
  return status;
}

void StatusBoard::AddSubtask(const Counters& counters, const Spent& since,
                             JobStatus& status) const {
  const int64_t whole = since.nanos[0] + since.nanos[1] + since.nanos[2];
  const double busy =
      Share(since.nanos[static_cast<int>(Between::kBusy)], whole);
  for (size_t i = 0; i < counters.vertices.size(); ++i) {
    VertexStatus& vertex = status.vertices[counters.vertices[i].value()];
    const OperatorMetrics& op = *counters.operators[i];
    vertex.rows_in += op.records_in();
    vertex.rows_out += op.records_out();
    vertex.bytes_in += op.bytes_in();
    const int64_t watermark =
        vertex.is_sink ? op.input_watermark_ms() : op.output_watermark_ms();
    if (vertex.is_source && watermark < vertex.watermark_ms) {
      vertex.watermark_holder = HolderOf(counters);
    }
    vertex.watermark_ms = std::min(vertex.watermark_ms, watermark);
    if (busy >= vertex.busy) {
      vertex.busy = busy;
      vertex.idle = Share(since.nanos[static_cast<int>(Between::kIdle)], whole);
      vertex.back_pressured =
          Share(since.nanos[static_cast<int>(Between::kBackPressured)], whole);
    }
  }
}

std::string StatusBoard::HolderOf(const Counters& counters) const {
  const int64_t index = counters.operators.front()->watermark_holder();
  const auto splits =
      split_ids_.find({counters.vertices.front(), counters.index});
  if (splits == split_ids_.end() || index < 0 ||
      index >= static_cast<int64_t>(splits->second.size())) {
    return "";
  }
  return splits->second[index];
}

}  // namespace millrace
