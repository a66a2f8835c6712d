#include "sql/physical/leaf_columns.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace millrace::sql {
namespace {

bool IsPrefix(const std::vector<int>& prefix, const std::vector<int>& path) {
  return prefix.size() <= path.size() &&
         std::equal(prefix.begin(), prefix.end(), path.begin());
}

}  // namespace

std::vector<int> PathOf(const Expr& expr) {
  if (expr.kind == Expr::Kind::kColumn) return {expr.column};
  if (expr.kind != Expr::Kind::kField) return {};
  std::vector<int> path = PathOf(expr.args[0]);
  if (!path.empty()) path.push_back(expr.column);
  return path;
}

void LeafColumns::Insert(Leaf leaf) {
  for (Leaf& have : leaves_) {
    if (IsPrefix(have.path, leaf.path)) return;
  }
  // What the new one contains is read through it, in the place of the first.
  const auto inside = [&](const Leaf& have) {
    return IsPrefix(leaf.path, have.path);
  };
  const auto first = std::find_if(leaves_.begin(), leaves_.end(), inside);
  if (first == leaves_.end()) {
    leaves_.push_back(std::move(leaf));
    return;
  }
  leaves_.erase(std::remove_if(first + 1, leaves_.end(), inside),
                leaves_.end());
  *first = std::move(leaf);
}

void LeafColumns::Add(const Expr& expr) {
  std::vector<int> path = PathOf(expr);
  if (!path.empty()) {
    Insert({std::move(path), expr.type});
    return;
  }
  for (const Expr& arg : expr.args) Add(arg);
}

std::vector<SourceRequest::Column> LeafColumns::Columns() const {
  std::vector<SourceRequest::Column> columns;
  for (const Leaf& leaf : leaves_) columns.push_back({leaf.path, leaf.type});
  return columns;
}

Expr LeafColumns::Rewrite(Expr expr) const {
  const std::vector<int> path = PathOf(expr);
  if (path.empty()) {
    for (Expr& arg : expr.args) arg = Rewrite(std::move(arg));
    return expr;
  }
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (!IsPrefix(leaves_[i].path, path)) continue;
    Expr read =
        Expr::Column(static_cast<int32_t>(i), leaves_[i].type);
    for (size_t step = leaves_[i].path.size(); step < path.size(); ++step) {
      read = Expr::Field(std::move(read), path[step]);
    }
    return read;
  }
  MILLRACE_CHECK(false);
  return expr;
}

}  // namespace millrace::sql
