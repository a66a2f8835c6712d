#include "sql/logical/logical_node.h"

#include <utility>

namespace millrace::sql {

LogicalPtr MakeNode(LogicalNode::Node node, Schema output) {
  auto made = std::make_unique<LogicalNode>();
  made->node = std::move(node);
  made->output = std::move(output);
  return made;
}

LogicalPtr MakeNode(LogicalNode::Node node, LogicalPtr input, Schema output) {
  LogicalPtr made = MakeNode(std::move(node), std::move(output));
  made->inputs.push_back(std::move(input));
  return made;
}

Column ColumnOf(const Expr& expr, const Schema& input, std::string name) {
  if (expr.kind == Expr::Kind::kColumn) {
    Column column = input[expr.column];
    column.name = std::move(name);
    return column;
  }
  Column column{.name = std::move(name), .type = expr.type};
  if (expr.kind == Expr::Kind::kCall && expr.function == "PROCTIME") {
    column.time = TimeAttribute::kProctime;
  }
  return column;
}

LogicalPtr MakeProject(LogicalPtr input, std::vector<Expr> exprs,
                       std::vector<std::string> names) {
  Schema output;
  output.reserve(exprs.size());
  for (size_t i = 0; i < exprs.size(); ++i) {
    std::string name;
    if (i < names.size()) {
      name = names[i];
    } else if (exprs[i].kind == Expr::Kind::kColumn) {
      name = input->output[exprs[i].column].name;
    }
    output.push_back(ColumnOf(exprs[i], input->output, std::move(name)));
  }
  return MakeNode(ProjectNode{std::move(exprs)}, std::move(input),
                  std::move(output));
}

LogicalPtr MakeFilter(LogicalPtr input, Expr condition) {
  Schema output = input->output;
  return MakeNode(FilterNode{std::move(condition)}, std::move(input),
                  std::move(output));
}

}  // namespace millrace::sql
