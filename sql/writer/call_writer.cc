#include "sql/writer/call_writer.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "sql/parser/operator_table.h"
#include "sql/writer/expression_writer.h"

namespace millrace::sql {
namespace {

bool IsSymbol(const FunctionCall& call, size_t index) {
  return index < call.arguments.size() &&
         call.arguments[index].value->As<Symbol>() != nullptr;
}

// The name in capitals if the parser gave the call a syntax of its own.
std::string SyntaxName(const FunctionCall& call) {
  const bool plain = call.name.parts.size() == 1 && !call.name.parts[0].quoted;
  return plain ? absl::AsciiStrToUpper(call.name.parts[0].text) : "";
}

absl::string_view BehaviorText(JsonBehavior behavior) {
  switch (behavior) {
    case JsonBehavior::kNone: return "";
    case JsonBehavior::kNull: return "NULL";
    case JsonBehavior::kError: return "ERROR";
    case JsonBehavior::kTrue: return "TRUE";
    case JsonBehavior::kFalse: return "FALSE";
    case JsonBehavior::kUnknown: return "UNKNOWN";
    case JsonBehavior::kEmptyArray: return "EMPTY ARRAY";
    case JsonBehavior::kEmptyObject: return "EMPTY OBJECT";
    case JsonBehavior::kDefault: return "DEFAULT ";
  }
  return "";
}

}  // namespace

void CallWriter::Write(const FunctionCall& call) {
  if (call.name.parts.size() > 1) {
    out_.AddName(call.name);
  } else if (call.name.parts[0].quoted) {
    out_.Add(QuoteIdentifier(call.name.parts[0].text));
  } else {
    out_.Add(call.name.parts[0].text);
  }
  if (!call.without_parentheses) {
    out_.Add("(");
    WriteArguments(call);
    out_.Add(")");
  }
  WriteTail(call);
}

void CallWriter::WriteArguments(const FunctionCall& call) {
  const std::string name = SyntaxName(call);
  const size_t count = call.arguments.size();
  ExpressionWriter expressions(out_);
  if (name == "EXTRACT" && count == 2) {
    return WriteWithWords(call, {"", " FROM "});
  }
  if ((name == "FLOOR" || absl::StartsWith(name, "CEIL")) && count == 2 &&
      IsSymbol(call, 1)) {
    return WriteWithWords(call, {"", " TO "});
  }
  if (name == "OVERLAY" && (count == 3 || count == 4)) {
    return WriteWithWords(call, {"", " PLACING ", " FROM ", " FOR "});
  }
  if (name == "TRIM" && count == 3 && IsSymbol(call, 0)) {
    return WriteWithWords(call, {"", " ", " FROM "});
  }
  if (name == "POSITION" && (count == 2 || count == 3)) {
    expressions.Write(*call.arguments[0].value, kLikePrecedence + 1);
    out_.Add(" IN ");
    expressions.Write(*call.arguments[1].value);
    if (count == 3) {
      out_.Add(" FROM ");
      expressions.Write(*call.arguments[2].value);
    }
    return;
  }
  if (absl::StartsWith(name, "JSON_OBJECT") && count % 2 == 0) {
    for (size_t i = 0; i < count; ++i) {
      out_.Add(i % 2 == 1 ? " VALUE " : i == 0 ? "KEY " : ", KEY ");
      expressions.Write(*call.arguments[i].value);
    }
  } else {
    WritePlainArguments(call);
  }
  if (call.json) WriteJson(call);
}

void CallWriter::WriteWithWords(
    const FunctionCall& call, std::initializer_list<absl::string_view> words) {
  auto word = words.begin();
  for (const auto& argument : call.arguments) {
    out_.Add(*word++);
    ExpressionWriter(out_).Write(*argument.value);
  }
}

void CallWriter::WritePlainArguments(const FunctionCall& call) {
  ExpressionWriter expressions(out_);
  if (call.star) out_.Add("*");
  if (call.quantifier == SetQuantifier::kDistinct) out_.Add("DISTINCT ");
  if (call.quantifier == SetQuantifier::kAll) out_.Add("ALL ");
  Comma comma;
  for (const auto& argument : call.arguments) {
    out_.Add(comma.Next());
    if (argument.name) {
      out_.AddName(*argument.name);
      out_.Add(" => ");
    }
    expressions.Write(*argument.value);
  }
  if (call.order_by.empty()) return;
  out_.Add(" ORDER BY ");
  expressions.WriteOrderItems(call.order_by);
}

void CallWriter::WriteJson(const FunctionCall& call) {
  const JsonClauses& json = *call.json;
  if (json.returning) out_.Add(" RETURNING ", ToSql(*json.returning));
  switch (json.wrapper) {
    case JsonWrapper::kNone: break;
    case JsonWrapper::kWithout: out_.Add(" WITHOUT ARRAY WRAPPER"); break;
    case JsonWrapper::kConditional:
      out_.Add(" WITH CONDITIONAL ARRAY WRAPPER");
      break;
    case JsonWrapper::kUnconditional:
      out_.Add(" WITH UNCONDITIONAL ARRAY WRAPPER");
      break;
  }
  WriteBehavior(json.on_empty, json.empty_default, " ON EMPTY");
  WriteBehavior(json.on_error, json.error_default, " ON ERROR");
  const absl::string_view blank = call.arguments.empty() ? "" : " ";
  if (json.nulls == JsonNulls::kNullOnNull) out_.Add(blank, "NULL ON NULL");
  if (json.nulls == JsonNulls::kAbsentOnNull) {
    out_.Add(blank, "ABSENT ON NULL");
  }
}

void CallWriter::WriteBehavior(JsonBehavior behavior,
                               const ExpressionPtr& fallback,
                               absl::string_view when) {
  if (behavior == JsonBehavior::kNone) return;
  out_.Add(" ", BehaviorText(behavior));
  if (fallback) ExpressionWriter(out_).Write(*fallback);
  out_.Add(when);
}

void CallWriter::WriteTail(const FunctionCall& call) {
  ExpressionWriter expressions(out_);
  if (call.null_treatment == NullTreatment::kIgnoreNulls) {
    out_.Add(" IGNORE NULLS");
  } else if (call.null_treatment == NullTreatment::kRespectNulls) {
    out_.Add(" RESPECT NULLS");
  }
  if (!call.within_group.empty()) {
    out_.Add(" WITHIN GROUP (ORDER BY ");
    expressions.WriteOrderItems(call.within_group);
    out_.Add(")");
  }
  if (call.filter) {
    out_.Add(" FILTER (WHERE ");
    expressions.Write(*call.filter);
    out_.Add(")");
  }
  if (call.over) {
    out_.Add(" OVER ");
    WriteWindow(*call.over);
  }
}

void CallWriter::WriteWindow(const WindowSpec& spec) {
  if (!spec.parenthesized) return out_.AddName(*spec.base);
  ExpressionWriter expressions(out_);
  Comma blank(" ");
  out_.Add("(");
  if (spec.base) {
    out_.Add(blank.Next());
    out_.AddName(*spec.base);
  }
  if (!spec.partition_by.empty()) {
    out_.Add(blank.Next(), "PARTITION BY ");
    expressions.WriteList(spec.partition_by);
  }
  if (!spec.order_by.empty()) {
    out_.Add(blank.Next(), "ORDER BY ");
    expressions.WriteOrderItems(spec.order_by);
  }
  if (spec.frame) {
    out_.Add(blank.Next());
    WriteFrame(*spec.frame);
  }
  out_.Add(")");
}

void CallWriter::WriteFrame(const WindowFrame& frame) {
  out_.Add(frame.rows ? "ROWS BETWEEN " : "RANGE BETWEEN ");
  WriteBound(frame.start);
  out_.Add(" AND ");
  WriteBound(frame.end);
}

void CallWriter::WriteBound(const FrameBound& bound) {
  if (bound.offset) {
    ExpressionWriter(out_).Write(*bound.offset, kLikePrecedence + 1);
  }
  switch (bound.kind) {
    case FrameBoundKind::kUnboundedPreceding:
      return out_.Add("UNBOUNDED PRECEDING");
    case FrameBoundKind::kPreceding: return out_.Add(" PRECEDING");
    case FrameBoundKind::kCurrentRow: return out_.Add("CURRENT ROW");
    case FrameBoundKind::kFollowing: return out_.Add(" FOLLOWING");
    case FrameBoundKind::kUnboundedFollowing:
      return out_.Add("UNBOUNDED FOLLOWING");
  }
}

}  // namespace millrace::sql
