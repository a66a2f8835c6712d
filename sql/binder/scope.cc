#include "sql/binder/scope.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {

Scope::Scope(std::string alias, Schema columns)
    : columns_(std::move(columns)) {
  relations_.push_back(
      {std::move(alias), 0, static_cast<int>(columns_.size())});
}

void Scope::AddHidden(const Schema& columns) {
  columns_.insert(columns_.end(), columns.begin(), columns.end());
}

std::vector<int> Scope::Find(absl::string_view name,
                             const Relation* relation) const {
  std::vector<int> found;
  for (const Relation& one : relations_) {
    if (relation != nullptr && relation != &one) continue;
    for (int i = one.first; i < one.first + one.count; ++i) {
      if (columns_[i].name == name) found.push_back(i);
    }
  }
  return found;
}

const Scope::Relation* Scope::FindRelation(absl::string_view alias) const {
  for (const Relation& relation : relations_) {
    if (!relation.alias.empty() && relation.alias == alias) return &relation;
  }
  return nullptr;
}

namespace {

constexpr size_t kMostListed = 12;  // More than that nobody reads.

std::string ThereAre(const std::vector<std::string>& names) {
  std::string list;
  for (size_t i = 0; i < names.size() && i < kMostListed; ++i) {
    if (names[i].empty()) continue;
    absl::StrAppend(&list, list.empty() ? "" : ", ", "`", names[i], "`");
  }
  if (list.empty()) return "";
  return absl::StrCat("There are: ", list,
                      names.size() > kMostListed ? ", ..." : ".");
}

}  // namespace

std::string SuggestName(absl::string_view name,
                        const std::vector<std::string>& candidates) {
  std::string near = DidYouMean(name, candidates);
  return near.empty() ? ThereAre(candidates) : near;
}

absl::StatusOr<Expr> FieldOf(Expr row, const Name& name) {
  if (!row.type.Is(TypeRoot::kRow)) {
    return SqlError({.code = "SQL-0114",
                     .location = name.location,
                     .what = absl::StrCat("there is no field `", name.text,
                                          "` in a ", row.type.ToString()),
                     .why = "only a ROW has fields",
                     .fix = {}});
  }
  const auto index = row.type.FieldIndex(name.text);
  if (!index) {
    std::vector<std::string> names;
    for (const RowField& field : row.type.fields()) {
      names.push_back(field.name);
    }
    return SqlError({.code = "SQL-0114",
                     .location = name.location,
                     .what = absl::StrCat("there is no field `", name.text,
                                          "` in this ROW"),
                     .why = {},
                     .fix = SuggestName(name.text, names)});
  }
  return Expr::Field(std::move(row), *index);
}

absl::StatusOr<Expr> Scope::FieldsOf(int column,
                                     const std::vector<Name>& parts,
                                     size_t next) const {
  Expr expr = Expr::Column(column, columns_[column].type);
  for (; next < parts.size(); ++next) {
    ASSIGN_OR_RETURN(expr, FieldOf(std::move(expr), parts[next]));
  }
  return expr;
}

absl::Status Scope::Unknown(const ObjectName& name,
                            const Relation* relation) const {
  std::vector<std::string> candidates;
  for (const Column& column : columns_) candidates.push_back(column.name);
  const Name& missing =
      relation != nullptr ? name.parts[1] : name.parts[0];
  std::string fix = DidYouMean(missing.text, candidates);
  if (fix.empty() && relation == nullptr && name.parts.size() > 1) {
    std::vector<std::string> aliases;
    for (const Relation& one : relations_) aliases.push_back(one.alias);
    fix = DidYouMean(missing.text, aliases);
  }
  if (fix.empty()) fix = ThereAre(candidates);
  if (columns_.empty()) fix = "There is no FROM clause here.";
  const absl::string_view kind =
      relation == nullptr && name.parts.size() > 1 ? "table or column "
                                                   : "column ";
  return SqlError({.code = "SQL-0112",
                   .location = missing.location,
                   .what = absl::StrCat(kind, "`", missing.text,
                                        "` does not exist"),
                   .why = relation == nullptr
                              ? ""
                              : absl::StrCat("not in `", relation->alias, "`"),
                   .fix = std::move(fix)});
}

absl::StatusOr<Expr> Scope::Resolve(const ObjectName& name) const {
  const std::vector<Name>& parts = name.parts;
  const Relation* relation =
      parts.size() > 1 ? FindRelation(parts[0].text) : nullptr;
  if (relation != nullptr) {
    const std::vector<int> found = Find(parts[1].text, relation);
    if (found.size() == 1) return FieldsOf(found[0], parts, 2);
    if (found.empty() && Find(parts[0].text, nullptr).empty()) {
      return Unknown(name, relation);
    }
  }
  const std::vector<int> found = Find(parts[0].text, nullptr);
  if (found.empty()) return Unknown(name, nullptr);
  if (found.size() > 1) {
    return SqlError({.code = "SQL-0113",
                     .location = name.location,
                     .what = absl::StrCat("column `", parts[0].text,
                                          "` is ambiguous"),
                     .why = absl::StrCat(found.size(),
                                         " columns here have this name"),
                     .fix = "Give them different names with AS."});
  }
  return FieldsOf(found[0], parts, 1);
}

absl::StatusOr<std::vector<int>> Scope::Expand(
    const Star& star, const SourceLocation& location) const {
  const Relation* only = nullptr;
  if (!star.qualifier.empty()) {
    only = FindRelation(star.qualifier.back().text);
    if (only == nullptr) {
      std::vector<std::string> aliases;
      for (const Relation& one : relations_) aliases.push_back(one.alias);
      return SqlError({.code = "SQL-0110",
                       .location = star.qualifier.back().location,
                       .what = absl::StrCat("there is no table `",
                                            star.qualifier.back().text,
                                            "` in FROM"),
                       .why = {},
                       .fix = DidYouMean(star.qualifier.back().text,
                                         aliases)});
    }
  }
  if (relations_.empty()) {
    return SqlError({.code = "SQL-0112",
                     .location = location,
                     .what = "`*` stands for nothing here",
                     .why = "there is no FROM clause",
                     .fix = {}});
  }
  std::vector<int> places;
  for (const Relation& one : relations_) {
    if (only != nullptr && only != &one) continue;
    for (int i = 0; i < one.count; ++i) places.push_back(one.first + i);
  }
  return places;
}

}  // namespace millrace::sql
