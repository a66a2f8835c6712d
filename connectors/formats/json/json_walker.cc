#include "connectors/formats/json/json_walker.h"

#include <simdjson.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "connectors/formats/json/json_fault.h"
#include "connectors/formats/json/json_scalar.h"
#include "connectors/formats/json/json_scan.h"
#include "connectors/formats/json/json_text.h"

namespace millrace {
namespace {

namespace ondemand = simdjson::ondemand;
using ondemand::json_type;

// Some editors write it in front of UTF-8; it belongs to no value.
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::string_view View(const char* data, size_t size) { return {data, size}; }

}  // namespace

// One walk over a record. The functions that read return false when the
// record is to be rejected, after Fail has noted why.
class JsonWalk {
 public:
  JsonWalk(const JsonOptions& options, JsonProjection& projection)
      : options_(options), projection_(projection) {
    CollectFilters(projection.root());
  }

  JsonWalker::Outcome Run(const RawRecord& record, JsonWalker::Rows rows);

 private:
  using Kind = JsonFault::Kind;

  struct Filtered {
    JsonNode* node;
    JsonFilter filter;
  };

  void CollectFilters(JsonNode& node);
  bool PassesFilters(uint32_t row);

  bool ReadRecord(absl::string_view text, size_t readable_bytes,
                  JsonWalker::Rows rows, JsonWalker::Outcome& outcome);
  bool ReadRows(ondemand::array array, JsonWalker::Rows rows,
                JsonWalker::Outcome& outcome);
  bool ReadRow(ondemand::object object, uint32_t row,
               JsonWalker::Outcome& outcome);

  bool ReadObject(JsonNode& node, ondemand::object object, uint32_t row);
  bool ReadField(JsonNode& node, ondemand::field field, uint32_t row,
                 uint64_t object_number, size_t& found);
  bool FillMissing(JsonNode& node, uint32_t row, uint64_t object_number);
  bool ReadValue(JsonNode& node, ondemand::value value, uint32_t row);
  bool ReadScalar(JsonNode& node, json_type type, ondemand::value value,
                  uint32_t row);
  bool ReadString(JsonNode& node, ondemand::value value, uint32_t row);
  bool ReadArray(JsonNode& node, ondemand::array array, uint32_t row);
  bool ReadMap(JsonNode& node, ondemand::object object, uint32_t row);
  // Looks at a value that nobody wants.
  bool Skip(ondemand::value value);
  bool SkipScalar(json_type type, ondemand::value value);

  JsonNode* FindChild(JsonNode& node, ondemand::field& field);
  absl::string_view Token(ondemand::value& value);

  bool Fail(simdjson::error_code error);
  bool FailAt(Kind kind, absl::string_view found, const LogicalType* type);
  // A value that does not fit: NULL where parse errors are to be ignored.
  bool Misfit(JsonNode& node, absl::string_view found, uint32_t row);

  const JsonOptions options_;
  JsonProjection& projection_;
  std::vector<Filtered> filters_;
  ondemand::parser parser_;
  uint64_t object_count_ = 0;
  int depth_ = 0;

  // Of the record at hand.
  absl::string_view record_;
  JsonFault fault_;
};

void JsonWalk::CollectFilters(JsonNode& node) {
  if (node.column != nullptr) {
    if (const JsonFilter* filter = projection_.FilterOf(node)) {
      filters_.push_back({&node, *filter});
    }
  }
  for (JsonNode& child : node.children) CollectFilters(child);
}

bool JsonWalk::PassesFilters(uint32_t row) {
  for (const Filtered& filtered : filters_) {
    if (!filtered.filter.Passes(*filtered.node->column, row)) return false;
  }
  return true;
}

JsonWalker::Outcome JsonWalk::Run(const RawRecord& record,
                                  JsonWalker::Rows rows) {
  JsonWalker::Outcome outcome;
  record_ = View(record.data, record.size_bytes);
  absl::ConsumePrefix(&record_, kByteOrderMark);
  const size_t readable = record_.size() + Chunk::kPadding;
  if (ReadRecord(record_, readable, rows, outcome)) return outcome;
  // What follows the first value does not count, but simdjson looks at it.
  const absl::string_view first = FirstJsonValue(record_);
  outcome.too_many = fault_.kind == Kind::kTooMany;
  if (!outcome.too_many && fault_.kind != Kind::kMisfit &&
      fault_.kind != Kind::kMissing && first.size() < record_.size()) {
    outcome = {};
    if (ReadRecord(first, readable, rows, outcome)) return outcome;
    outcome.too_many = fault_.kind == Kind::kTooMany;
  }
  outcome.error = ToStatus(fault_, record_);
  return outcome;
}

bool JsonWalk::ReadRecord(absl::string_view text, size_t readable_bytes,
                          JsonWalker::Rows rows,
                          JsonWalker::Outcome& outcome) {
  depth_ = 0;
  ondemand::document document;
  if (const auto error =
          parser_.iterate(text.data(), text.size(), readable_bytes)
              .get(document)) {
    return error == simdjson::EMPTY || Fail(error);
  }
  json_type type;
  if (const auto error = document.type().get(type)) return Fail(error);
  if (type == json_type::object) {
    ondemand::object object;
    if (const auto error = document.get_object().get(object)) {
      return Fail(error);
    }
    return ReadRow(object, rows.first, outcome);
  }
  if (type != json_type::array) {
    static const LogicalType& row = *new LogicalType(LogicalType::Row({}));
    return FailAt(Kind::kMisfit, text, &row);
  }
  ondemand::array array;
  if (const auto error = document.get_array().get(array)) return Fail(error);
  return ReadRows(array, rows, outcome);
}

bool JsonWalk::ReadRows(ondemand::array array, JsonWalker::Rows rows,
                        JsonWalker::Outcome& outcome) {
  uint32_t elements = 0;
  for (auto item : array) {
    ondemand::value value;
    if (const auto error = std::move(item).get(value)) return Fail(error);
    if (elements++ == kMostJsonElements) {
      fault_ = {.kind = Kind::kTooMany};
      return false;
    }
    const uint32_t row = rows.first + outcome.rows;
    if (row == rows.limit) {
      outcome.finished = false;
      return true;
    }
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) {
      if (error != simdjson::INCORRECT_TYPE) return Fail(error);
      return FailAt(Kind::kMisfit, Token(value), nullptr);
    }
    if (!ReadRow(object, row, outcome)) return false;
  }
  return true;
}

bool JsonWalk::ReadRow(ondemand::object object, uint32_t row,
                       JsonWalker::Outcome& outcome) {
  if (!ReadObject(projection_.root(), object, row)) return false;
  if (PassesFilters(row)) ++outcome.rows;
  return true;
}

JsonNode* JsonWalk::FindChild(JsonNode& node, ondemand::field& field) {
  const char* key = field.key().raw();
  const size_t room = record_.data() + record_.size() - key;
  const auto is_called = [&](const JsonNode& child) {
    return child.name.size() < room &&
           std::memcmp(key, child.name.data(), child.name.size()) == 0 &&
           key[child.name.size()] == '"';
  };
  // Fields mostly come in the order in which they came last time.
  const size_t count = node.children.size();
  for (size_t i = 0; i < count; ++i) {
    const size_t index = node.next_child + i < count
                             ? node.next_child + i
                             : node.next_child + i - count;
    if (is_called(node.children[index])) {
      node.next_child = index + 1 == count ? 0 : index + 1;
      return &node.children[index];
    }
  }
  const char* stop = SkipPlain(key, key + room);
  if (stop == key + room || *stop != '\\') return nullptr;
  auto unescaped = field.unescaped_key();
  if (unescaped.error()) return nullptr;
  const auto name = unescaped.value_unsafe();
  for (JsonNode& child : node.children) {
    if (child.name == View(name.data(), name.size())) return &child;
  }
  return nullptr;
}

absl::string_view JsonWalk::Token(ondemand::value& value) {
  const auto raw = value.raw_json_token();
  absl::string_view token = View(raw.data(), raw.size());
  const char* end = record_.data() + record_.size();
  if (token.data() + token.size() > end) {
    token = View(token.data(), end - token.data());
  }
  while (!token.empty() && static_cast<uint8_t>(token.back()) <= ' ') {
    token.remove_suffix(1);
  }
  return token;
}

bool JsonWalk::ReadObject(JsonNode& node, ondemand::object object,
                          uint32_t row) {
  if (++depth_ > kMaxJsonDepth) return Fail(simdjson::DEPTH_ERROR);
  const uint64_t number = ++object_count_;
  size_t found = 0;
  for (auto item : object) {
    ondemand::field field;
    if (const auto error = std::move(item).get(field)) return Fail(error);
    if (!ReadField(node, field, row, number, found)) return false;
  }
  --depth_;
  if (node.column != nullptr) node.column->SetPresent(row);
  return found == node.children.size() || FillMissing(node, row, number);
}

bool JsonWalk::ReadField(JsonNode& node, ondemand::field field, uint32_t row,
                         uint64_t object_number, size_t& found) {
  JsonNode* child = FindChild(node, field);
  if (child == nullptr) return Skip(field.value());
  found += child->seen_in != object_number;
  child->seen_in = object_number;
  if (ReadValue(*child, field.value(), row)) return true;
  fault_.path = fault_.path.empty()
                    ? child->name
                    : absl::StrCat(child->name, ".", fault_.path);
  return false;
}

bool JsonWalk::FillMissing(JsonNode& node, uint32_t row,
                           uint64_t object_number) {
  for (JsonNode& child : node.children) {
    if (child.seen_in == object_number) continue;
    if (options_.fail_on_missing_field) {
      FailAt(Kind::kMissing, record_, &child.type);
      fault_.path = child.name;
      return false;
    }
    child.SetNull(row);
  }
  return true;
}

bool JsonWalk::ReadValue(JsonNode& node, ondemand::value value,
                         uint32_t row) {
  json_type type;
  if (const auto error = value.type().get(type)) return Fail(error);
  if (type == json_type::null) {
    node.SetNull(row);
    return SkipScalar(type, value);
  }
  if (node.kind == JsonNode::Kind::kScalar) {
    return ReadScalar(node, type, value, row);
  }
  const bool wants_array = node.kind == JsonNode::Kind::kArray;
  if (type != (wants_array ? json_type::array : json_type::object)) {
    const absl::string_view token = Token(value);
    return Skip(value) && Misfit(node, token, row);
  }
  if (wants_array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return Fail(error);
    return ReadArray(node, array, row);
  }
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return Fail(error);
  return node.kind == JsonNode::Kind::kMap ? ReadMap(node, object, row)
                                           : ReadObject(node, object, row);
}

bool JsonWalk::ReadScalar(JsonNode& node, json_type type,
                          ondemand::value value, uint32_t row) {
  const absl::string_view token = Token(value);
  switch (type) {
    case json_type::string: return ReadString(node, value, row);
    case json_type::number:
      return SkipScalar(type, value) &&
             (SetFromJsonNumber({token, true}, *node.column, row) ||
              Misfit(node, token, row));
    case json_type::boolean:
      return SkipScalar(type, value) &&
             (SetFromJsonBool(token[0] == 't', *node.column, row) ||
              Misfit(node, token, row));
    default: break;
  }
  if (!node.type.IsCharacter()) return Skip(value) && Misfit(node, token, row);
  // An object in a STRING is its text without spaces.
  if (!Skip(value)) return false;
  const size_t rest = record_.data() + record_.size() - token.data();
  std::string compact;
  AppendCompactJson(FirstJsonValue(View(token.data(), rest)), compact);
  node.column->SetCopy(row, compact);
  return true;
}

bool JsonWalk::ReadString(JsonNode& node, ondemand::value value,
                          uint32_t row) {
  const absl::string_view token = Token(value);
  if (!SkipScalar(json_type::string, value)) return false;
  FieldText text = {token.substr(1, token.size() - 2), true};
  if (text.text.find('\\') != absl::string_view::npos) {
    auto unescaped = value.get_string();
    if (unescaped.error()) return Fail(unescaped.error());
    const auto content = unescaped.value_unsafe();
    text = {View(content.data(), content.size()), false};
  }
  return SetFromJsonString(text, options_.timestamp_standard, *node.column,
                           row) ||
         Misfit(node, token, row);
}

bool JsonWalk::ReadArray(JsonNode& node, ondemand::array array,
                         uint32_t row) {
  if (++depth_ > kMaxJsonDepth) return Fail(simdjson::DEPTH_ERROR);
  node.column->StartList(row);
  for (auto item : array) {
    ondemand::value value;
    if (const auto error = std::move(item).get(value)) return Fail(error);
    const uint32_t element = node.column->AddElement(row);
    if (!ReadValue(node.children[0], value, element)) return false;
  }
  --depth_;
  return true;
}

bool JsonWalk::ReadMap(JsonNode& node, ondemand::object object,
                       uint32_t row) {
  if (++depth_ > kMaxJsonDepth) return Fail(simdjson::DEPTH_ERROR);
  node.column->StartList(row);
  for (auto item : object) {
    ondemand::field field;
    if (const auto error = std::move(item).get(field)) return Fail(error);
    auto key = field.unescaped_key();
    if (key.error()) return Fail(key.error());
    const auto text = key.value_unsafe();
    const uint32_t element = node.column->AddElement(row);
    if (!SetFromJsonString({View(text.data(), text.size()), false},
                           options_.timestamp_standard,
                           *node.children[0].column, element)) {
      return FailAt(Kind::kMisfit, View(field.key().raw(), text.size()),
                    &node.children[0].type);
    }
    if (!ReadValue(node.children[1], field.value(), element)) return false;
  }
  --depth_;
  return true;
}

bool JsonWalk::Skip(ondemand::value value) {
  json_type type;
  if (const auto error = value.type().get(type)) return Fail(error);
  if (type != json_type::object && type != json_type::array) {
    return SkipScalar(type, value);
  }
  if (++depth_ > kMaxJsonDepth) return Fail(simdjson::DEPTH_ERROR);
  if (type == json_type::array) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return Fail(error);
    for (auto item : array) {
      ondemand::value element;
      if (const auto error = std::move(item).get(element)) return Fail(error);
      if (!Skip(element)) return false;
    }
  } else {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return Fail(error);
    for (auto item : object) {
      ondemand::field field;
      if (const auto error = std::move(item).get(field)) return Fail(error);
      if (!Skip(field.value())) return false;
    }
  }
  --depth_;
  return true;
}

bool JsonWalk::SkipScalar(json_type type, ondemand::value value) {
  const absl::string_view token = Token(value);
  const char* end = token.data() + token.size();
  bool valid = false;
  switch (type) {
    case json_type::null: valid = token == "null"; break;
    case json_type::boolean:
      valid = token == "true" || token == "false";
      break;
    case json_type::number:
      valid = SkipNumber(token.data(), end) == end;
      break;
    default: valid = token.size() >= 2 && token.back() == '"'; break;
  }
  return valid || FailAt(Kind::kMalformed, token, nullptr);
}

bool JsonWalk::Fail(simdjson::error_code error) {
  fault_ = {.kind = error == simdjson::UTF8_ERROR    ? Kind::kNotUtf8
                    : error == simdjson::DEPTH_ERROR ? Kind::kTooDeep
                                                     : Kind::kMalformed,
            .reason = simdjson::error_message(error)};
  return false;
}

bool JsonWalk::FailAt(Kind kind, absl::string_view found,
                      const LogicalType* type) {
  fault_ = {.kind = kind,
            .found = found,
            .expected = type == nullptr ? "an object" : ExpectedText(*type)};
  return false;
}

bool JsonWalk::Misfit(JsonNode& node, absl::string_view found, uint32_t row) {
  if (!options_.ignore_parse_errors) {
    return FailAt(Kind::kMisfit, found, &node.type);
  }
  node.SetNull(row);
  return true;
}

JsonWalker::JsonWalker(const JsonOptions& options, JsonProjection& projection)
    : walk_(std::make_unique<JsonWalk>(options, projection)) {}

JsonWalker::~JsonWalker() = default;

JsonWalker::Outcome JsonWalker::Walk(const RawRecord& record, Rows rows) {
  return walk_->Run(record, rows);
}

}  // namespace millrace
