#include "sql/writer/query_writer.h"

#include "sql/writer/call_writer.h"
#include "sql/writer/expression_writer.h"

namespace millrace::sql {
namespace {

absl::string_view OperationText(SetOperationKind kind) {
  switch (kind) {
    case SetOperationKind::kUnion: return "UNION";
    case SetOperationKind::kExcept: return "EXCEPT";
    case SetOperationKind::kIntersect: return "INTERSECT";
  }
  return "";
}

// Whether `query`, as input `index` of `parent`, would be read otherwise
// without parentheses.
bool InputNeedsParentheses(const SetOperation& parent, size_t index,
                           const Query& query) {
  if (!query.with.empty() || !query.order_by.empty() || query.limit ||
      query.offset) {
    return true;
  }
  const auto* inner = query.As<SetOperation>();
  if (!inner) return false;
  const bool inner_tight = inner->kind == SetOperationKind::kIntersect;
  const bool parent_tight = parent.kind == SetOperationKind::kIntersect;
  if (inner_tight != parent_tight) return parent_tight;
  // The first input only: operations are read from left to right, and the
  // same one would be taken into the parent.
  return index > 0 || (inner->kind == parent.kind && inner->all == parent.all);
}

absl::string_view JoinText(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner: return "JOIN ";
    case JoinKind::kLeft: return "LEFT JOIN ";
    case JoinKind::kRight: return "RIGHT JOIN ";
    case JoinKind::kFull: return "FULL JOIN ";
    case JoinKind::kCross: return "CROSS JOIN ";
    case JoinKind::kComma: return ", ";
  }
  return "";
}

absl::string_view GroupingText(GroupingKind kind) {
  switch (kind) {
    case GroupingKind::kColumns: return "";
    case GroupingKind::kRollup: return "ROLLUP (";
    case GroupingKind::kCube: return "CUBE (";
    case GroupingKind::kGroupingSets: return "GROUPING SETS (";
  }
  return "";
}

}  // namespace

void QueryWriter::Write(const Query& query) {
  ExpressionWriter expressions(out_);
  if (!query.with.empty()) {
    out_.Add("WITH ");
    Comma comma;
    for (const auto& table : query.with) {
      out_.Add(comma.Next());
      out_.AddName(table.name);
      if (!table.columns.empty()) {
        out_.Add(" ");
        out_.AddNames(table.columns);
      }
      out_.Add(" AS ");
      WriteParenthesized(*table.query);
    }
    out_.Add(" ");
  }
  std::visit(*this, query.body);
  if (!query.order_by.empty()) {
    out_.Add(" ORDER BY ");
    expressions.WriteOrderItems(query.order_by);
  }
  if (query.limit) {
    out_.Add(" LIMIT ");
    expressions.Write(*query.limit);
  }
  if (query.offset) {
    out_.Add(" OFFSET ");
    expressions.Write(*query.offset);
  }
}

void QueryWriter::WriteParenthesized(const Query& query) {
  out_.Add("(");
  Write(query);
  out_.Add(")");
}

void QueryWriter::WriteQuantifier(SetQuantifier quantifier) {
  if (quantifier == SetQuantifier::kAll) out_.Add("ALL ");
  if (quantifier == SetQuantifier::kDistinct) out_.Add("DISTINCT ");
}

void QueryWriter::operator()(const Select& node) {
  ExpressionWriter expressions(out_);
  out_.Add("SELECT");
  WriteHints(node.hints);
  out_.Add(" ");
  WriteQuantifier(node.quantifier);
  Comma comma;
  for (const auto& item : node.items) {
    out_.Add(comma.Next());
    expressions.Write(*item.expression);
    if (item.alias) {
      out_.Add(" AS ");
      out_.AddName(*item.alias);
    }
  }
  if (node.from) {
    out_.Add(" FROM ");
    WriteTable(*node.from);
  }
  if (node.where) {
    out_.Add(" WHERE ");
    expressions.Write(*node.where);
  }
  if (node.group_by) {
    out_.Add(" GROUP BY ");
    WriteQuantifier(node.group_by->quantifier);
    Comma separator;
    for (const auto& element : node.group_by->elements) {
      out_.Add(separator.Next());
      WriteGrouping(element);
    }
  }
  if (node.having) {
    out_.Add(" HAVING ");
    expressions.Write(*node.having);
  }
  Comma window_comma;
  for (const auto& window : node.windows) {
    out_.Add(&window == &node.windows[0] ? " WINDOW " : "",
             window_comma.Next());
    out_.AddName(window.name);
    out_.Add(" AS ");
    CallWriter(out_).WriteWindow(window.spec);
  }
  if (node.qualify) {
    out_.Add(" QUALIFY ");
    expressions.Write(*node.qualify);
  }
}

void QueryWriter::WriteGrouping(const GroupingElement& element) {
  if (element.kind == GroupingKind::kColumns) {
    const bool bare = element.columns.size() == 1;
    if (!bare) out_.Add("(");
    ExpressionWriter(out_).WriteList(element.columns);
    if (!bare) out_.Add(")");
    return;
  }
  out_.Add(GroupingText(element.kind));
  Comma comma;
  for (const auto& child : element.children) {
    out_.Add(comma.Next());
    WriteGrouping(child);
  }
  out_.Add(")");
}

void QueryWriter::operator()(const SetOperation& node) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (i > 0) {
      out_.Add(" ", OperationText(node.kind), node.all ? " ALL " : " ");
    }
    WriteInput(node, i);
  }
}

void QueryWriter::WriteInput(const SetOperation& parent, size_t index) {
  const Query& input = *parent.inputs[index];
  if (InputNeedsParentheses(parent, index, input)) {
    WriteParenthesized(input);
  } else {
    Write(input);
  }
}

void QueryWriter::operator()(const Values& node) {
  out_.Add("VALUES ");
  Comma comma;
  for (const auto& row : node.rows) {
    const auto* fields = row->As<Constructor>();
    const bool bare = fields && fields->kind == ConstructorKind::kRow;
    out_.Add(comma.Next(), bare ? "" : "(");
    ExpressionWriter(out_).WriteRow(*row);
    if (!bare) out_.Add(")");
  }
}

void QueryWriter::operator()(const ExplicitTable& node) {
  out_.Add("TABLE ");
  out_.AddName(node.name);
}

void QueryWriter::operator()(const NestedQuery& node) {
  WriteParenthesized(*node.query);
}

void QueryWriter::WriteHints(const std::vector<Hint>& hints) {
  if (hints.empty()) return;
  out_.Add(" /*+ ");
  const auto text = [this](const std::string& value, bool is_string) {
    out_.Add(is_string ? QuoteString(value) : value);
  };
  Comma comma;
  for (const auto& hint : hints) {
    out_.Add(comma.Next());
    out_.AddName(hint.name);
    out_.Add("(");
    Comma argument_comma;
    for (const auto& argument : hint.arguments) {
      out_.Add(argument_comma.Next());
      if (!argument.key.empty()) {
        text(argument.key, argument.key_is_string);
        out_.Add(" = ");
      }
      text(argument.value, argument.value_is_string);
    }
    out_.Add(")");
  }
  out_.Add(" */");
}

void QueryWriter::WriteTable(const TableReference& table) {
  std::visit(*this, table.node);
  if (!table.alias) return;
  out_.Add(" AS ");
  out_.AddName(table.alias->name);
  if (!table.alias->columns.empty()) {
    out_.Add(" ");
    out_.AddNames(table.alias->columns);
  }
}

void QueryWriter::operator()(const NamedTable& node) {
  out_.AddName(node.name);
  WriteHints(node.hints);
  if (!node.system_time) return;
  out_.Add(" FOR SYSTEM_TIME AS OF ");
  ExpressionWriter(out_).Write(*node.system_time);
}

void QueryWriter::operator()(const DerivedTable& node) {
  if (node.lateral) out_.Add("LATERAL ");
  WriteParenthesized(*node.query);
}

void QueryWriter::operator()(const TableFunction& node) {
  if (node.lateral) out_.Add("LATERAL ");
  if (node.wrapped) out_.Add("TABLE(");
  ExpressionWriter(out_).Write(*node.call);
  if (node.wrapped) out_.Add(")");
}

void QueryWriter::operator()(const Unnest& node) {
  out_.Add("UNNEST(");
  ExpressionWriter(out_).WriteList(node.collections);
  out_.Add(node.with_ordinality ? ") WITH ORDINALITY" : ")");
}

void QueryWriter::WriteJoinSide(const Join& join, const TableReference& side,
                                bool left) {
  const auto* inner = side.As<Join>();
  const bool comma = join.kind == JoinKind::kComma;
  const bool inner_comma = inner && inner->kind == JoinKind::kComma;
  const bool parentheses =
      inner && (left ? inner_comma && !comma : inner_comma || !comma);
  if (parentheses) out_.Add("(");
  WriteTable(side);
  if (parentheses) out_.Add(")");
}

void QueryWriter::operator()(const Join& node) {
  WriteJoinSide(node, *node.left, true);
  if (node.kind != JoinKind::kComma) out_.Add(" ");
  if (node.natural) out_.Add("NATURAL ");
  out_.Add(JoinText(node.kind));
  WriteJoinSide(node, *node.right, false);
  if (node.condition) {
    out_.Add(" ON ");
    ExpressionWriter(out_).Write(*node.condition);
  }
  if (!node.using_columns.empty()) {
    out_.Add(" USING ");
    out_.AddNames(node.using_columns);
  }
}

void QueryWriter::operator()(const MatchRecognize& node) {
  const bool join = node.input->As<Join>() != nullptr;
  if (join) out_.Add("(");
  WriteTable(*node.input);
  out_.Add(join ? ")" : "", " MATCH_RECOGNIZE (", node.text, ")");
}

}  // namespace millrace::sql
