#include "runtime/plan/object_reader.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "runtime/base/error.h"

namespace millrace {

absl::Status BadPlanText(const std::string& path, std::string what) {
  return UserError({.code = "JOB-0011",
                    .what = absl::StrCat("the plan cannot be read: ", what),
                    .where = path,
                    .why = {},
                    .fix = "Compile it anew from its SQL."});
}

ObjectReader::ObjectReader(const Json& json, std::string path)
    : json_(json), path_(std::move(path)) {
  if (!json_.is_object()) Fail(BadPlanText(path_, "expected an object"));
}

std::string ObjectReader::PathOf(absl::string_view field) const {
  return path_.empty() ? std::string(field) : absl::StrCat(path_, ".", field);
}

std::string ObjectReader::PathOf(absl::string_view field,
                                 size_t index) const {
  return absl::StrCat(PathOf(field), "[", index, "]");
}

void ObjectReader::Fail(const absl::Status& status) {
  if (status_.ok()) status_ = status;
}

void ObjectReader::Expect(absl::string_view field, absl::string_view what) {
  Fail(BadPlanText(PathOf(field), absl::StrCat("expected ", what)));
}

bool ObjectReader::Has(absl::string_view field) const {
  return json_.is_object() && json_.contains(std::string(field));
}

const Json* ObjectReader::Child(absl::string_view field) {
  asked_.insert(std::string(field));
  if (!Has(field)) {
    Fail(BadPlanText(PathOf(field), "the field is missing"));
    return nullptr;
  }
  return &json_[std::string(field)];
}

std::string ObjectReader::Text(absl::string_view field) {
  const Json* child = Child(field);
  if (child == nullptr) return "";
  if (child->is_string()) return child->get<std::string>();
  Expect(field, "a text");
  return "";
}

bool ObjectReader::Bool(absl::string_view field) {
  const Json* child = Child(field);
  if (child == nullptr) return false;
  if (child->is_boolean()) return child->get<bool>();
  Expect(field, "true or false");
  return false;
}

int64_t ObjectReader::Int(absl::string_view field) {
  const Json* child = Child(field);
  if (child == nullptr) return 0;
  const bool fits =
      child->is_number_integer() &&
      (!child->is_number_unsigned() ||
       child->get<uint64_t>() <= uint64_t{INT64_MAX});
  if (fits) return child->get<int64_t>();
  Expect(field, "a whole number");
  return 0;
}

int32_t ObjectReader::Int32(absl::string_view field) {
  const int64_t value = Int(field);
  if (value == static_cast<int32_t>(value)) return static_cast<int32_t>(value);
  Expect(field, "a number of 32 bits");
  return 0;
}

std::vector<const Json*> ObjectReader::Elements(absl::string_view field) {
  std::vector<const Json*> elements;
  const Json* child = Child(field);
  if (child == nullptr) return elements;
  if (!child->is_array()) {
    Expect(field, "an array");
    return elements;
  }
  for (const Json& element : *child) elements.push_back(&element);
  return elements;
}

std::vector<int32_t> ObjectReader::Int32s(absl::string_view field) {
  std::vector<int32_t> values;
  for (const Json* element : Elements(field)) {
    const bool fits =
        element->is_number_integer() &&
        element->get<int64_t>() == element->get<int32_t>();
    if (!fits) {
      Expect(field, "an array of numbers");
      return {};
    }
    values.push_back(element->get<int32_t>());
  }
  return values;
}

std::vector<std::string> ObjectReader::Texts(absl::string_view field) {
  std::vector<std::string> values;
  for (const Json* element : Elements(field)) {
    if (!element->is_string()) {
      Expect(field, "an array of texts");
      return {};
    }
    values.push_back(element->get<std::string>());
  }
  return values;
}

int ObjectReader::OneOf(absl::string_view field,
                        std::span<const absl::string_view> names) {
  const std::string text = Text(field);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<int>(i);
  }
  Expect(field, absl::StrCat("one of ", absl::StrJoin(names, ", ")));
  return 0;
}

absl::Status ObjectReader::Finish() {
  if (!status_.ok()) return status_;
  for (const auto& [field, value] : json_.items()) {
    if (!asked_.contains(field)) {
      return BadPlanText(PathOf(field), "there is no such field");
    }
  }
  return absl::OkStatus();
}

}  // namespace millrace
