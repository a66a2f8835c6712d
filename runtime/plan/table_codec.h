#pragma once

#include "absl/status/statusor.h"
#include "runtime/connector/source.h"
#include "runtime/connector/table.h"
#include "runtime/plan/object_reader.h"

namespace millrace {

// Tables, and what is asked of them, as JSON.
Json EncodeTable(const TableDescriptor& table);
absl::StatusOr<TableDescriptor> DecodeTable(const Json& json,
                                            const std::string& path);

Json EncodeRequest(const SourceRequest& request);
absl::StatusOr<SourceRequest> DecodeRequest(const Json& json,
                                            const std::string& path);

// A ROW's fields, an output's columns.
Json EncodeFields(const std::vector<RowField>& fields);
absl::StatusOr<std::vector<RowField>> DecodeFields(ObjectReader& in,
                                                   absl::string_view field);

// A map of texts in a field.
absl::StatusOr<absl::btree_map<std::string, std::string>> DecodeTexts(
    ObjectReader& in, absl::string_view field);

}  // namespace millrace
