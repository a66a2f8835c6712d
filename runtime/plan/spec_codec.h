#pragma once

#include "absl/status/statusor.h"
#include "runtime/plan/object_reader.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// An operator's spec as an object whose "kind" says which: source, values,
// calc, window, window_aggregate, group_aggregate, sink.
// `output` types a Values' rows.
Json EncodeSpec(const OperatorSpec& spec, const std::vector<RowField>& output);
absl::StatusOr<OperatorSpec> DecodeSpec(const Json& json,
                                        const std::vector<RowField>& output,
                                        const std::string& path);

}  // namespace millrace
