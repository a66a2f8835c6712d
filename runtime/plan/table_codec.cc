#include "runtime/plan/table_codec.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "runtime/base/status_macros.h"
#include "runtime/plan/expr_codec.h"
#include "runtime/plan/value_codec.h"

namespace millrace {
namespace {

Json EncodeColumn(const TableColumn& column) {
  Json json = Json::object();
  json["name"] = column.name;
  json["type"] = column.type.ToString();
  if (column.metadata_key) {
    json["metadata_key"] = *column.metadata_key;
    json["virtual"] = column.is_virtual;
  }
  return json;
}

absl::StatusOr<TableColumn> DecodeColumn(const Json& json,
                                         const std::string& path) {
  ObjectReader in(json, path);
  TableColumn column;
  column.name = in.Text("name");
  const std::string type = in.Text("type");
  if (in.Has("metadata_key")) {
    column.metadata_key = in.Text("metadata_key");
    column.is_virtual = in.Bool("virtual");
  }
  RETURN_IF_ERROR(in.Finish());
  ASSIGN_OR_RETURN(column.type, DecodeType(type, in.PathOf("type")));
  return column;
}

}  // namespace

absl::StatusOr<absl::btree_map<std::string, std::string>> DecodeTexts(
    ObjectReader& in, absl::string_view field) {
  absl::btree_map<std::string, std::string> texts;
  const Json* json = in.Child(field);
  if (json == nullptr) return texts;
  if (!json->is_object()) {
    return BadPlanText(in.PathOf(field), "expected an object");
  }
  for (const auto& [key, value] : json->items()) {
    if (!value.is_string()) {
      return BadPlanText(absl::StrCat(in.PathOf(field), ".", key),
                         "expected a text");
    }
    texts[key] = value.get<std::string>();
  }
  return texts;
}

Json EncodeFields(const std::vector<RowField>& fields) {
  Json array = Json::array();
  for (const RowField& field : fields) {
    Json json = Json::object();
    json["name"] = field.name;
    json["type"] = field.type.ToString();
    array.push_back(std::move(json));
  }
  return array;
}

absl::StatusOr<std::vector<RowField>> DecodeFields(ObjectReader& in,
                                                   absl::string_view field) {
  std::vector<RowField> fields;
  const std::vector<const Json*> elements = in.Elements(field);
  for (size_t i = 0; i < elements.size(); ++i) {
    ObjectReader one(*elements[i], in.PathOf(field, i));
    RowField made;
    made.name = one.Text("name");
    const std::string type = one.Text("type");
    RETURN_IF_ERROR(one.Finish());
    ASSIGN_OR_RETURN(made.type, DecodeType(type, one.PathOf("type")));
    fields.push_back(std::move(made));
  }
  return fields;
}

Json EncodeTable(const TableDescriptor& table) {
  Json json = Json::object();
  json["name"] = table.name;
  json["columns"] = Json::array();
  for (const TableColumn& column : table.columns) {
    json["columns"].push_back(EncodeColumn(column));
  }
  json["primary_key"] = table.primary_key;
  json["partition_keys"] = table.partition_keys;
  json["options"] = Json::object();
  for (const auto& [key, value] : table.options) {
    json["options"][key] = value;
  }
  return json;
}

absl::StatusOr<TableDescriptor> DecodeTable(const Json& json,
                                            const std::string& path) {
  ObjectReader in(json, path);
  TableDescriptor table;
  table.name = in.Text("name");
  const std::vector<const Json*> columns = in.Elements("columns");
  for (size_t i = 0; i < columns.size(); ++i) {
    ASSIGN_OR_RETURN(TableColumn column,
                     DecodeColumn(*columns[i], in.PathOf("columns", i)));
    table.columns.push_back(std::move(column));
  }
  table.primary_key = in.Texts("primary_key");
  table.partition_keys = in.Texts("partition_keys");
  ASSIGN_OR_RETURN(table.options, DecodeTexts(in, "options"));
  RETURN_IF_ERROR(in.Finish());
  return table;
}

Json EncodeRequest(const SourceRequest& request) {
  Json json = Json::object();
  json["columns"] = Json::array();
  for (const SourceRequest::Column& column : request.columns) {
    Json one = Json::object();
    one["path"] = column.path;
    one["type"] = column.type.ToString();
    json["columns"].push_back(std::move(one));
  }
  json["filter"] = EncodeExprs(request.filter);
  return json;
}

absl::StatusOr<SourceRequest> DecodeRequest(const Json& json,
                                            const std::string& path) {
  ObjectReader in(json, path);
  SourceRequest request;
  const std::vector<const Json*> columns = in.Elements("columns");
  for (size_t i = 0; i < columns.size(); ++i) {
    ObjectReader one(*columns[i], in.PathOf("columns", i));
    SourceRequest::Column column;
    const std::vector<int32_t> steps = one.Int32s("path");
    column.path.assign(steps.begin(), steps.end());
    const std::string type = one.Text("type");
    RETURN_IF_ERROR(one.Finish());
    ASSIGN_OR_RETURN(column.type, DecodeType(type, one.PathOf("type")));
    request.columns.push_back(std::move(column));
  }
  ASSIGN_OR_RETURN(request.filter, DecodeExprs(in, "filter"));
  RETURN_IF_ERROR(in.Finish());
  return request;
}

}  // namespace millrace
