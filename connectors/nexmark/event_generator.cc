#include "connectors/nexmark/event_generator.h"

#include <utility>

namespace millrace::nexmark {

NumberedSplits::Options SplitOptions(const SourceOptions& options) {
  NumberedSplits::Options result{.row_count = options.event_count};
  if (options.rate_limited) {
    result.rows_per_second = options.model.events_per_second;
  }
  if (!options.base_time_is_now) {
    result.base_time_ms = options.model.base_time_ms;
  }
  return result;
}

EventGenerator::EventGenerator(const ModelOptions& options,
                               std::vector<Column> columns)
    : options_(options), columns_(std::move(columns)), text_(options) {}

Batch EventGenerator::Make(const NumberedSplits::Run& run) {
  ModelOptions model_options = options_;
  model_options.base_time_ms = run.base_time_ms;
  const EventModel model(model_options);
  ids_.resize(run.count);
  kinds_.resize(run.count);
  EventId id = model.Locate(run.first);
  const int cycle_length = model.cycle_length();
  for (int64_t i = 0; i < run.count; ++i) {
    ids_[i] = id;
    kinds_[i] = model.Kind(id);
    ++id.number;
    if (++id.offset == cycle_length) {
      id.offset = 0;
      ++id.cycle;
    }
  }
  const EventRows rows{model, text_, ids_, kinds_};
  Batch batch;
  batch.row_count = static_cast<uint32_t>(run.count);
  for (const Column& column : columns_) {
    batch.columns.push_back(
        !column.kind    ? MakeEventTypes(rows)
        : column.field  ? MakeField(rows, *column.field)
                        : MakeRow(rows, *column.kind, column.type));
  }
  return batch;
}

}  // namespace millrace::nexmark
