#pragma once

#include "connectors/kafka/kafka_settings.h"
#include "runtime/connector/format.h"

namespace millrace::kafka {

// What the value's format is asked for: the value's columns and options.
FormatRequest ValueRequest(const TableDescriptor& table,
                           const KafkaSettings& settings,
                           absl::TimeZone local_time_zone);

// The same of the key; 'key.fields-prefix' is taken off the names.
FormatRequest KeyRequest(const TableDescriptor& table,
                         const KafkaSettings& settings,
                         absl::TimeZone local_time_zone);

}  // namespace millrace::kafka
