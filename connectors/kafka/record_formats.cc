#include "connectors/kafka/record_formats.h"

namespace millrace::kafka {

FormatRequest ValueRequest(const TableDescriptor& table,
                           const KafkaSettings& settings,
                           absl::TimeZone local_time_zone) {
  FormatRequest request{.options = settings.value_options,
                        .local_time_zone = local_time_zone};
  for (const int column : settings.value_columns) {
    request.columns.push_back(table.columns[column]);
  }
  return request;
}

FormatRequest KeyRequest(const TableDescriptor& table,
                         const KafkaSettings& settings,
                         absl::TimeZone local_time_zone) {
  FormatRequest request{.options = settings.key_options,
                        .local_time_zone = local_time_zone};
  for (const int column : settings.key_columns) {
    request.columns.push_back(table.columns[column]);
    request.columns.back().name.erase(0, settings.key_prefix.size());
  }
  return request;
}

}  // namespace millrace::kafka
