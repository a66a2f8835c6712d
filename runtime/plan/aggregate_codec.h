#pragma once

#include "absl/status/statusor.h"
#include "runtime/plan/object_reader.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// Aggregate calls, windows, and the small words of both, as JSON.
Json EncodeCalls(const std::vector<AggregateCall>& calls);
absl::StatusOr<std::vector<AggregateCall>> DecodeCalls(
    ObjectReader& in, absl::string_view field);

Json EncodeWindow(const WindowSpec& window);
absl::StatusOr<WindowSpec> DecodeWindow(const Json& json,
                                        const std::string& path);

Json EncodeProperties(const std::vector<WindowProperty>& properties);
std::vector<WindowProperty> DecodeProperties(ObjectReader& in,
                                             absl::string_view field);

Json EncodePhase(AggregatePhase phase);
AggregatePhase DecodePhase(ObjectReader& in, absl::string_view field);

Json EncodeMode(ChangelogMode mode);
ChangelogMode DecodeMode(ObjectReader& in, absl::string_view field);

}  // namespace millrace
