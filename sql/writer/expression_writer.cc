#include "sql/writer/expression_writer.h"

#include "absl/strings/escaping.h"
#include "sql/parser/operator_table.h"
#include "sql/writer/call_writer.h"
#include "sql/writer/query_writer.h"

namespace millrace::sql {
namespace {

absl::string_view TestText(TruthTest test) {
  switch (test) {
    case TruthTest::kNull: return "NULL";
    case TruthTest::kTrue: return "TRUE";
    case TruthTest::kFalse: return "FALSE";
    case TruthTest::kUnknown: return "UNKNOWN";
    case TruthTest::kJsonValue: return "JSON VALUE";
    case TruthTest::kJsonObject: return "JSON OBJECT";
    case TruthTest::kJsonArray: return "JSON ARRAY";
    case TruthTest::kJsonScalar: return "JSON SCALAR";
  }
  return "";
}

absl::string_view NotText(bool negated) { return negated ? " NOT" : ""; }

}  // namespace

void ExpressionWriter::Write(const Expression& expression, int lowest) {
  const bool parentheses = PrecedenceOf(expression) < lowest;
  if (parentheses) out_.Add("(");
  std::visit(*this, expression.node);
  if (parentheses) out_.Add(")");
}

void ExpressionWriter::WriteList(const std::vector<ExpressionPtr>& list) {
  Comma comma;
  for (const auto& item : list) {
    out_.Add(comma.Next());
    Write(*item);
  }
}

void ExpressionWriter::WriteOrderItems(const std::vector<OrderItem>& items) {
  Comma comma;
  for (const auto& item : items) {
    out_.Add(comma.Next());
    Write(*item.expression);
    if (item.descending) out_.Add(" DESC");
    if (item.nulls == NullsOrder::kFirst) out_.Add(" NULLS FIRST");
    if (item.nulls == NullsOrder::kLast) out_.Add(" NULLS LAST");
  }
}

void ExpressionWriter::WriteQuery(const Query& query) {
  out_.Add("(");
  QueryWriter(out_).Write(query);
  out_.Add(")");
}

void ExpressionWriter::WriteRow(const Expression& row) {
  const auto* fields = row.As<Constructor>();
  const bool bare = fields && fields->kind == ConstructorKind::kRow &&
                    fields->elements.size() > 1;
  if (!bare) return Write(row);
  out_.Add("(");
  WriteList(fields->elements);
  out_.Add(")");
}

void ExpressionWriter::operator()(const Literal& node) {
  switch (node.kind) {
    case LiteralKind::kNull: return out_.Add("NULL");
    case LiteralKind::kTrue: return out_.Add("TRUE");
    case LiteralKind::kFalse: return out_.Add("FALSE");
    case LiteralKind::kUnknown: return out_.Add("UNKNOWN");
    case LiteralKind::kExact:
    case LiteralKind::kApproximate: return out_.Add(node.text);
    case LiteralKind::kString: return out_.AddString("", node.text);
    case LiteralKind::kBinary:
      return out_.Add("X'", absl::BytesToHexString(node.text), "'");
    case LiteralKind::kDate: return out_.AddString("DATE ", node.text);
    case LiteralKind::kTime: return out_.AddString("TIME ", node.text);
    case LiteralKind::kTimestamp:
      return out_.AddString("TIMESTAMP ", node.text);
  }
}

void ExpressionWriter::operator()(const IntervalLiteral& node) {
  const IntervalQualifier& qualifier = node.qualifier;
  out_.AddString(node.negative ? "INTERVAL -" : "INTERVAL ", node.text);
  out_.Add(" ", UnitName(qualifier.start));
  if (qualifier.leading_precision) {
    out_.Add("(", *qualifier.leading_precision);
    if (!qualifier.end && qualifier.fraction_precision) {
      out_.Add(", ", *qualifier.fraction_precision);
    }
    out_.Add(")");
  }
  if (!qualifier.end) return;
  out_.Add(" TO ", UnitName(*qualifier.end));
  if (qualifier.fraction_precision) {
    out_.Add("(", *qualifier.fraction_precision, ")");
  }
}

void ExpressionWriter::operator()(const ColumnReference& node) {
  out_.AddName(node.name);
}

void ExpressionWriter::operator()(const Star& node) {
  out_.AddPath(node.qualifier);
  out_.Add(node.qualifier.empty() ? "*" : ".*");
}

void ExpressionWriter::WritePrefix(const OperatorCall& node) {
  const auto* inner = node.operands[0]->As<OperatorCall>();
  const bool sign = node.op != Operator::kNot;
  // Two signs in a row would begin a comment.
  const bool apart = sign && inner && inner->operands.size() == 1;
  out_.Add(OperatorText(node.op), sign ? "" : " ");
  Write(*node.operands[0],
        apart ? kPrimaryPrecedence : PrecedenceOf(node.op));
}

void ExpressionWriter::operator()(const OperatorCall& node) {
  if (node.operands.size() == 1) return WritePrefix(node);
  const int precedence = PrecedenceOf(node.op);
  // A chain takes in its left neighbours: those in parentheses keep them.
  const bool chain = node.op == Operator::kAnd || node.op == Operator::kOr;
  for (size_t i = 0; i < node.operands.size(); ++i) {
    if (i > 0) out_.Add(" ", OperatorText(node.op), " ");
    if (node.op == Operator::kOverlaps &&
        node.operands[i]->As<Constructor>()) {
      WriteRow(*node.operands[i]);
    } else {
      Write(*node.operands[i], precedence + (chain || i > 0 ? 1 : 0));
    }
  }
}

void ExpressionWriter::operator()(const IsTest& node) {
  Write(*node.operand, kIsPrecedence);
  out_.Add(" IS", NotText(node.negated), " ", TestText(node.test));
}

void ExpressionWriter::operator()(const Between& node) {
  Write(*node.value, kLikePrecedence);
  out_.Add(NotText(node.negated), " BETWEEN ");
  if (node.symmetric) out_.Add("SYMMETRIC ");
  Write(*node.low, kLikePrecedence + 1);
  out_.Add(" AND ");
  Write(*node.high, kLikePrecedence + 1);
}

void ExpressionWriter::operator()(const Like& node) {
  Write(*node.value, kLikePrecedence);
  out_.Add(NotText(node.negated),
           node.kind == PatternKind::kLike ? " LIKE " : " SIMILAR TO ");
  Write(*node.pattern, kLikePrecedence + 1);
  if (!node.escape) return;
  out_.Add(" ESCAPE ");
  Write(*node.escape, kLikePrecedence + 1);
}

void ExpressionWriter::operator()(const In& node) {
  Write(*node.value, kLikePrecedence);
  out_.Add(NotText(node.negated), " IN ");
  if (node.query) return WriteQuery(*node.query);
  out_.Add("(");
  WriteList(node.list);
  out_.Add(")");
}

void ExpressionWriter::operator()(const QuantifiedComparison& node) {
  Write(*node.value, kComparisonPrecedence);
  out_.Add(" ", OperatorText(node.op), node.all ? " ALL " : " ANY ");
  if (node.query) return WriteQuery(*node.query);
  out_.Add("(");
  WriteList(node.list);
  out_.Add(")");
}

void ExpressionWriter::operator()(const Exists& node) {
  out_.Add("EXISTS ");
  WriteQuery(*node.query);
}

void ExpressionWriter::operator()(const Subquery& node) {
  switch (node.kind) {
    case SubqueryKind::kScalar: break;
    case SubqueryKind::kArray: out_.Add("ARRAY"); break;
    case SubqueryKind::kMultiset: out_.Add("MULTISET"); break;
    case SubqueryKind::kMap: out_.Add("MAP"); break;
  }
  WriteQuery(*node.query);
}

void ExpressionWriter::operator()(const Case& node) {
  out_.Add("CASE");
  if (node.operand) {
    out_.Add(" ");
    Write(*node.operand);
  }
  for (const auto& when : node.whens) {
    out_.Add(" WHEN ");
    Write(*when.condition);
    for (const auto& value : when.alternatives) {
      out_.Add(", ");
      Write(*value);
    }
    out_.Add(" THEN ");
    Write(*when.result);
  }
  if (node.otherwise) {
    out_.Add(" ELSE ");
    Write(*node.otherwise);
  }
  out_.Add(" END");
}

void ExpressionWriter::operator()(const Cast& node) {
  out_.Add(node.try_cast ? "TRY_CAST(" : "CAST(");
  Write(*node.value);
  out_.Add(" AS ", ToSql(node.type), ")");
}

void ExpressionWriter::operator()(const Constructor& node) {
  const bool row = node.kind == ConstructorKind::kRow;
  switch (node.kind) {
    case ConstructorKind::kRow: out_.Add("ROW("); break;
    case ConstructorKind::kArray: out_.Add("ARRAY["); break;
    case ConstructorKind::kMap: out_.Add("MAP["); break;
    case ConstructorKind::kMultiset: out_.Add("MULTISET["); break;
  }
  WriteList(node.elements);
  out_.Add(row ? ")" : "]");
}

void ExpressionWriter::operator()(const ElementAccess& node) {
  Write(*node.collection, kPrimaryPrecedence);
  out_.Add("[");
  Write(*node.index);
  out_.Add("]");
}

void ExpressionWriter::operator()(const FieldAccess& node) {
  // A bare name would swallow the field into its path.
  const bool bare = node.base->As<FunctionCall>() ||
                    node.base->As<ElementAccess>() ||
                    node.base->As<FieldAccess>();
  if (!bare) out_.Add("(");
  Write(*node.base);
  out_.Add(bare ? "." : ").");
  out_.AddName(node.field);
}

void ExpressionWriter::operator()(const Descriptor& node) {
  out_.Add("DESCRIPTOR(");
  Comma comma;
  for (const auto& column : node.columns) {
    out_.Add(comma.Next());
    out_.AddName(column);
  }
  out_.Add(")");
}

void ExpressionWriter::operator()(const Symbol& node) { out_.Add(node.word); }

void ExpressionWriter::operator()(const FunctionCall& node) {
  CallWriter(out_).Write(node);
}

void ExpressionWriter::operator()(const TableArgument& node) {
  out_.Add("TABLE ");
  QueryWriter(out_).WriteTable(*node.table);
  if (!node.partition_by.empty()) {
    out_.Add(" PARTITION BY (");
    WriteList(node.partition_by);
    out_.Add(")");
  }
  if (!node.order_by.empty()) {
    out_.Add(" ORDER BY (");
    WriteOrderItems(node.order_by);
    out_.Add(")");
  }
}

}  // namespace millrace::sql
