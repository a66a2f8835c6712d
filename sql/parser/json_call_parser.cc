#include "sql/parser/json_call_parser.h"

#include <memory>
#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/type_parser.h"

namespace millrace::sql {

absl::StatusOr<bool> JsonCallParser::Parse(absl::string_view name,
                                           FunctionCall& call) {
  if (name == "JSON_EXISTS" || name == "JSON_VALUE" || name == "JSON_QUERY") {
    RETURN_IF_ERROR(ParsePathCall(call));
    return true;
  }
  if (name == "JSON_OBJECT" || name == "JSON_OBJECTAGG") {
    RETURN_IF_ERROR(ParsePairs(call));
    return true;
  }
  if (name == "JSON_ARRAY" || name == "JSON_ARRAYAGG") {
    RETURN_IF_ERROR(ParseElements(call));
    return true;
  }
  return false;
}

absl::Status JsonCallParser::Add(FunctionCall& call) {
  FunctionArgument argument;
  ASSIGN_OR_RETURN(argument.value, ExpressionParser(cursor_).Parse());
  call.arguments.push_back(std::move(argument));
  return absl::OkStatus();
}

// JSON_VALUE(text, path RETURNING INT NULL ON EMPTY ERROR ON ERROR)
absl::Status JsonCallParser::ParsePathCall(FunctionCall& call) {
  if (cursor_.At(")")) return absl::OkStatus();  // The binder counts them.
  do {
    RETURN_IF_ERROR(Add(call));
  } while (cursor_.Accept(","));
  if (cursor_.At(")")) return absl::OkStatus();
  call.json = std::make_unique<JsonClauses>();
  if (cursor_.Accept("RETURNING")) {
    ASSIGN_OR_RETURN(call.json->returning, TypeParser(cursor_).Parse());
  }
  RETURN_IF_ERROR(ParseWrapper(*call.json));
  while (!cursor_.At(")")) RETURN_IF_ERROR(ParseBehavior(*call.json));
  return absl::OkStatus();
}

absl::Status JsonCallParser::ParseWrapper(JsonClauses& clauses) {
  if (cursor_.Accept("WITHOUT")) {
    clauses.wrapper = JsonWrapper::kWithout;
  } else if (cursor_.Accept("WITH")) {
    const bool conditional = cursor_.Accept("CONDITIONAL");
    if (!conditional) cursor_.Accept("UNCONDITIONAL");
    clauses.wrapper = conditional ? JsonWrapper::kConditional
                                  : JsonWrapper::kUnconditional;
  } else {
    return absl::OkStatus();
  }
  cursor_.Accept("ARRAY");
  return cursor_.Expect("WRAPPER");
}

// NULL ON EMPTY, DEFAULT 0 ON ERROR, EMPTY ARRAY ON ERROR ...
absl::Status JsonCallParser::ParseBehavior(JsonClauses& clauses) {
  JsonBehavior behavior = JsonBehavior::kNull;
  ExpressionPtr fallback;
  if (cursor_.Accept("NULL")) {
    behavior = JsonBehavior::kNull;
  } else if (cursor_.Accept("ERROR")) {
    behavior = JsonBehavior::kError;
  } else if (cursor_.Accept("TRUE")) {
    behavior = JsonBehavior::kTrue;
  } else if (cursor_.Accept("FALSE")) {
    behavior = JsonBehavior::kFalse;
  } else if (cursor_.Accept("UNKNOWN")) {
    behavior = JsonBehavior::kUnknown;
  } else if (cursor_.Accept("EMPTY")) {
    const bool array = cursor_.Accept("ARRAY");
    if (!array) RETURN_IF_ERROR(cursor_.Expect("OBJECT"));
    behavior = array ? JsonBehavior::kEmptyArray : JsonBehavior::kEmptyObject;
  } else if (cursor_.Accept("DEFAULT")) {
    behavior = JsonBehavior::kDefault;
    ASSIGN_OR_RETURN(fallback, ExpressionParser(cursor_).Parse());
  } else {
    return cursor_.Unexpected();
  }
  RETURN_IF_ERROR(cursor_.Expect("ON"));
  if (cursor_.Accept("EMPTY")) {
    clauses.on_empty = behavior;
    clauses.empty_default = std::move(fallback);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(cursor_.Expect("ERROR"));
  clauses.on_error = behavior;
  clauses.error_default = std::move(fallback);
  return absl::OkStatus();
}

bool JsonCallParser::AtNulls() const {
  return (cursor_.At("NULL", 0) || cursor_.At("ABSENT", 0)) &&
         cursor_.At("ON", 1);
}

// NULL ON NULL, ABSENT ON NULL
absl::Status JsonCallParser::ParseNulls(FunctionCall& call) {
  if (!AtNulls()) return absl::OkStatus();
  call.json = std::make_unique<JsonClauses>();
  call.json->nulls = cursor_.Take().match == "NULL"
                         ? JsonNulls::kNullOnNull
                         : JsonNulls::kAbsentOnNull;
  cursor_.Take();
  return cursor_.Expect("NULL");
}

// [KEY] 'k' VALUE v, 'k' : v
absl::Status JsonCallParser::ParsePairs(FunctionCall& call) {
  if (!cursor_.At(")") && !AtNulls()) {
    do {
      // KEY is also a name: KEY VALUE v has it for its key.
      const bool key_word = cursor_.At("KEY", 0) && !cursor_.At("VALUE", 1) &&
                            !cursor_.At(":", 1) && !cursor_.At(".", 1);
      if (key_word) cursor_.Take();
      RETURN_IF_ERROR(Add(call));
      if (!cursor_.Accept(":")) RETURN_IF_ERROR(cursor_.Expect("VALUE"));
      RETURN_IF_ERROR(Add(call));
    } while (cursor_.Accept(","));
  }
  return ParseNulls(call);
}

absl::Status JsonCallParser::ParseElements(FunctionCall& call) {
  if (!cursor_.At(")") && !AtNulls()) {
    do {
      RETURN_IF_ERROR(Add(call));
    } while (cursor_.Accept(","));
  }
  return ParseNulls(call);
}

}  // namespace millrace::sql
