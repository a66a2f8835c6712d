#pragma once

#include <memory>

#include "runtime/connector/connector_registry.h"

namespace millrace {
namespace kafka {
class KafkaPort;
}

// Registers the source and sink 'kafka'. Formats are looked up in `registry`,
// which must outlive every reader and writer.
void RegisterKafka(ConnectorRegistry& registry);
// The same with another Kafka behind the exactly-once sink: a model of it.
void RegisterKafka(ConnectorRegistry& registry,
                   std::shared_ptr<kafka::KafkaPort> port);

}  // namespace millrace
