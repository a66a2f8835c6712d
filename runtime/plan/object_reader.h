#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace millrace {

using Json = nlohmann::ordered_json;

// Reads one JSON object strictly: a field that is missing, of another type or
// not asked for is an error that names its path. Getters after the first error
// give zeros; Finish tells it. Usage:
//
//   ObjectReader in(json, "edges[2]");
//   edge.input = in.Int32("input");
//   RETURN_IF_ERROR(in.Finish());
class ObjectReader {
 public:
  // `json` must outlive the reader.
  ObjectReader(const Json& json, std::string path);

  bool Has(absl::string_view field) const;
  std::string Text(absl::string_view field);
  bool Bool(absl::string_view field);
  int64_t Int(absl::string_view field);
  int32_t Int32(absl::string_view field);
  std::vector<int32_t> Int32s(absl::string_view field);
  std::vector<std::string> Texts(absl::string_view field);
  // The place of the field's text among `names`.
  int OneOf(absl::string_view field,
            std::span<const absl::string_view> names);
  // A field of any type; null and an error where it is missing.
  const Json* Child(absl::string_view field);
  // The elements of an array field; empty and an error where it is none.
  std::vector<const Json*> Elements(absl::string_view field);

  // "edges[2].input"
  std::string PathOf(absl::string_view field) const;
  std::string PathOf(absl::string_view field, size_t index) const;

  // Remembers the first error, also one from elsewhere.
  void Fail(const absl::Status& status);
  bool ok() const { return status_.ok(); }
  // The first error, or that of a field nobody asked for.
  absl::Status Finish();

 private:
  void Expect(absl::string_view field, absl::string_view what);

  const Json& json_;
  std::string path_;
  std::set<std::string> asked_;
  absl::Status status_;
};

// JOB-0011: "what" at a path of a plan's text.
absl::Status BadPlanText(const std::string& path, std::string what);

}  // namespace millrace
