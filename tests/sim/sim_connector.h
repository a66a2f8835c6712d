#pragma once

#include "runtime/connector/connector_registry.h"
#include "tests/sim/world.h"

namespace millrace::sim {

// Registers the connector 'sim': a source of SourceRows, and a sink into the
// world's table by the real Writer and Committer interfaces.
//
// Source options: 'splits', 'rows' of each, 'keys', 'deal' = 'all' (splits are
// given out at once) or 'one' (each time a reader asks). The world outlives the
// registry.
void RegisterSim(ConnectorRegistry& registry, World* world);

// The two halves, for the connector.
absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeSimEnumerator(
    const TableDescriptor& table, int parallelism);
absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeSimDiscovery(
    const TableDescriptor& table);
absl::StatusOr<std::unique_ptr<SplitReader>> MakeSimReader(
    const TableDescriptor& table, const SourceRequest& request, World* world);
std::unique_ptr<Writer> MakeSimWriter(World* world, std::string place,
                                      std::function<void()> wake);
std::unique_ptr<Committer> MakeSimCommitter(World* world);

}  // namespace millrace::sim
