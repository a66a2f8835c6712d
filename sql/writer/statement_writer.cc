#include "sql/writer/statement_writer.h"

#include "sql/parser/show_words.h"
#include "sql/writer/ddl_writer.h"
#include "sql/writer/expression_writer.h"
#include "sql/writer/query_writer.h"

namespace millrace::sql {
namespace {

absl::string_view DetailText(ExplainDetail detail) {
  switch (detail) {
    case ExplainDetail::kEstimatedCost: return "ESTIMATED_COST";
    case ExplainDetail::kChangelogMode: return "CHANGELOG_MODE";
    case ExplainDetail::kPlanAdvice: return "PLAN_ADVICE";
    case ExplainDetail::kJsonExecutionPlan: return "JSON_EXECUTION_PLAN";
  }
  return "";
}

}  // namespace

void StatementWriter::Write(const Statement& statement) {
  std::visit(*this, statement.node);
}

void StatementWriter::operator()(const QueryStatement& node) {
  QueryWriter(out_).Write(*node.query);
}

void StatementWriter::operator()(const Insert& node) {
  out_.Add(node.overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
  WriteInsertTarget(node);
  out_.Add(" ");
  QueryWriter(out_).Write(*node.query);
  if (!node.on_conflict.empty()) {
    out_.Add(" ON CONFLICT DO ", node.on_conflict);
  }
}

void StatementWriter::WriteInsertTarget(const Insert& node) {
  out_.AddName(node.table);
  QueryWriter(out_).WriteHints(node.hints);
  if (!node.partition.empty()) {
    out_.Add(" PARTITION (");
    Comma comma;
    for (const auto& item : node.partition) {
      out_.Add(comma.Next());
      out_.AddName(item.column);
      if (!item.value) continue;
      out_.Add(" = ");
      ExpressionWriter(out_).Write(*item.value);
    }
    out_.Add(")");
  }
  if (!node.columns.empty()) {
    out_.Add(" (");
    Comma comma;
    for (const auto& column : node.columns) {
      out_.Add(comma.Next());
      out_.AddName(column);
    }
    out_.Add(")");
  }
}

void StatementWriter::operator()(const StatementSet& node) {
  out_.Add("EXECUTE STATEMENT SET BEGIN ");
  for (const auto& statement : node.statements) {
    Write(*statement);
    out_.Add("; ");
  }
  out_.Add("END");
}

void StatementWriter::operator()(const CreateTable& node) {
  DdlWriter(out_).Write(node);
}

void StatementWriter::operator()(const CreateView& node) {
  DdlWriter(out_).Write(node);
}

void StatementWriter::operator()(const Drop& node) {
  out_.Add("DROP ", node.temporary ? "TEMPORARY " : "",
           node.kind == DropKind::kTable ? "TABLE " : "VIEW ",
           node.if_exists ? "IF EXISTS " : "");
  out_.AddName(node.name);
}

void StatementWriter::operator()(const Set& node) {
  out_.Add("SET");
  if (!node.option) return;
  out_.AddString(" ", node.option->key);
  out_.AddString(" = ", node.option->value);
}

void StatementWriter::operator()(const Reset& node) {
  out_.Add("RESET");
  if (node.key) out_.AddString(" ", *node.key);
}

void StatementWriter::operator()(const Show& node) {
  const ShowWords& words = kShowWords[static_cast<size_t>(node.what)];
  out_.Add("SHOW ", words.first, words.second.empty() ? "" : " ",
           words.second);
  if (node.name) {
    const bool direct = node.what == ShowKind::kCreateTable ||
                        node.what == ShowKind::kCreateView ||
                        node.what == ShowKind::kPartitions;
    out_.Add(direct ? " " : " FROM ");
    out_.AddName(*node.name);
  }
  if (!node.filter) return;
  out_.Add(node.filter->negated ? " NOT" : "",
           node.filter->match == ShowMatch::kLike ? " LIKE " : " ILIKE ",
           QuoteString(node.filter->pattern));
}

void StatementWriter::operator()(const Describe& node) {
  out_.Add("DESCRIBE ", node.extended ? "EXTENDED " : "");
  out_.AddName(node.name);
}

void StatementWriter::operator()(const Explain& node) {
  out_.Add("EXPLAIN ");
  Comma comma;
  for (const ExplainDetail detail : node.details) {
    out_.Add(comma.Next(), DetailText(detail));
  }
  if (!node.details.empty()) out_.Add(" ");
  Write(*node.statement);
}

void StatementWriter::operator()(const Use& node) {
  switch (node.kind) {
    case UseKind::kDatabase: out_.Add("USE "); break;
    case UseKind::kCatalog: out_.Add("USE CATALOG "); break;
    case UseKind::kModules: out_.Add("USE MODULES "); break;
  }
  Comma comma;
  for (const auto& name : node.names) {
    out_.Add(comma.Next());
    out_.AddName(name);
  }
}

void StatementWriter::operator()(const UnsupportedStatement& node) {
  out_.Add(node.name);
}

}  // namespace millrace::sql
