#include "sql/parser/primary_parser.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/call_parser.h"
#include "sql/parser/expression_parser.h"
#include "sql/parser/keywords.h"
#include "sql/parser/node_builder.h"
#include "sql/parser/parser.h"
#include "sql/parser/query_parser.h"
#include "sql/parser/type_parser.h"

namespace millrace::sql {
namespace {

constexpr absl::string_view kExpected = "an expression";

// Reserved words that are functions too.
bool IsFunctionDespiteReserved(absl::string_view match) {
  return match == "LEFT" || match == "RIGHT";
}

}  // namespace

absl::StatusOr<ExpressionPtr> PrimaryParser::Parse() {
  RETURN_IF_ERROR(cursor_.Enter(kOperandNestingCost));
  const NestingScope scope(cursor_, kOperandNestingCost);
  const SourceLocation start = cursor_.Here();
  ASSIGN_OR_RETURN(ExpressionPtr base, ParseOperand());
  while (true) {
    if (cursor_.At("[", 0)) {
      const SourceLocation open = cursor_.Take().location;
      ElementAccess access{.collection = std::move(base)};
      ASSIGN_OR_RETURN(access.index, ExpressionParser(cursor_).Parse());
      RETURN_IF_ERROR(cursor_.ExpectClosing("]", open));
      ASSIGN_OR_RETURN(base, Build(cursor_, start, std::move(access)));
    } else if (cursor_.At(".", 0)) {
      cursor_.Take();
      FieldAccess access{.base = std::move(base)};
      ASSIGN_OR_RETURN(access.field, cursor_.TakeAnyName("a field name"));
      ASSIGN_OR_RETURN(base, Build(cursor_, start, std::move(access)));
    } else {
      return base;
    }
  }
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseOperand() {
  const Token& token = cursor_.Peek();
  const SourceLocation start = token.location;
  switch (token.kind) {
    case TokenKind::kExact:
    case TokenKind::kApproximate:
    case TokenKind::kString:
    case TokenKind::kBinary: return ParseLiteral(start);
    case TokenKind::kQuotedName: return ParseName(start);
    case TokenKind::kWord: return ParseKeyword(start);
    case TokenKind::kSymbol:
      if (token.match == "(") return ParseParenthesized(start);
      return cursor_.Unexpected(kExpected);
    case TokenKind::kEnd: return cursor_.Unexpected(kExpected);
  }
  return cursor_.Unexpected(kExpected);
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseKeyword(
    const SourceLocation& start) {
  const absl::string_view word = cursor_.Peek().match;
  const Token& next = cursor_.Peek(1);
  const bool call = next.match == "(";
  if (word == "NULL" || word == "TRUE" || word == "FALSE" ||
      word == "UNKNOWN") {
    return ParseLiteral(start);
  }
  if ((word == "DATE" || word == "TIME" || word == "TIMESTAMP") &&
      next.kind == TokenKind::kString) {
    return ParseLiteral(start);
  }
  if (word == "INTERVAL") return ParseInterval(start);
  if (word == "CASE") return ParseCase(start);
  if (word == "EXISTS") return ParseExists(start);
  if (call && (word == "CAST" || word == "TRY_CAST")) return ParseCast(start);
  if (call && word == "ROW") return ParseRow(start);
  if (call && word == "DESCRIPTOR") return ParseDescriptor(start);
  const bool collection =
      word == "ARRAY" || word == "MAP" || word == "MULTISET";
  if (collection && (call || next.match == "[")) return ParseCollection(start);
  if (IsBareFunction(word)) return ParseBareFunction(start);
  if (IsReserved(word) && !(call && IsFunctionDespiteReserved(word))) {
    return cursor_.Unexpected(kExpected);
  }
  return ParseName(start);
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseLiteral(
    const SourceLocation& start) {
  const Token& token = cursor_.Take();
  Literal literal{.text = token.text};
  switch (token.kind) {
    case TokenKind::kExact: literal.kind = LiteralKind::kExact; break;
    case TokenKind::kApproximate:
      literal.kind = LiteralKind::kApproximate;
      break;
    case TokenKind::kBinary: literal.kind = LiteralKind::kBinary; break;
    case TokenKind::kString:
      literal.kind = LiteralKind::kString;
      // 'a' 'b' is one string.
      while (cursor_.Peek().kind == TokenKind::kString) {
        absl::StrAppend(&literal.text, cursor_.Take().text);
      }
      break;
    default:
      literal.kind = token.match == "TRUE"      ? LiteralKind::kTrue
                     : token.match == "FALSE"   ? LiteralKind::kFalse
                     : token.match == "UNKNOWN" ? LiteralKind::kUnknown
                     : token.match == "DATE"    ? LiteralKind::kDate
                     : token.match == "TIME"    ? LiteralKind::kTime
                     : token.match == "TIMESTAMP"
                         ? LiteralKind::kTimestamp
                         : LiteralKind::kNull;
      literal.text = literal.kind >= LiteralKind::kDate ? cursor_.Take().text
                                                        : "";
  }
  return Build(cursor_, start, std::move(literal));
}

// INTERVAL [+|-] '1 10:00' DAY TO MINUTE
absl::StatusOr<ExpressionPtr> PrimaryParser::ParseInterval(
    const SourceLocation& start) {
  cursor_.Take();
  IntervalLiteral literal;
  if (cursor_.At("-", 0) || cursor_.At("+", 0)) {
    literal.negative = cursor_.Take().match == "-";
  }
  ASSIGN_OR_RETURN(literal.text,
                   cursor_.TakeString("the interval in quotes, as in INTERVAL "
                                      "'5' MINUTE"));
  ASSIGN_OR_RETURN(literal.qualifier, TypeParser(cursor_).ParseQualifier());
  return Build(cursor_, start, std::move(literal));
}

// (query), (a), (a, b)
absl::StatusOr<ExpressionPtr> PrimaryParser::ParseParenthesized(
    const SourceLocation& start) {
  cursor_.Take();
  if (QueryParser::IsAhead(cursor_, 0)) {
    Subquery subquery;
    ASSIGN_OR_RETURN(subquery.query, QueryParser(cursor_).Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", start));
    return Build(cursor_, start, std::move(subquery));
  }
  ASSIGN_OR_RETURN(auto list, ExpressionParser(cursor_).ParseList());
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", start));
  if (list.size() == 1) {
    list[0]->location = cursor_.Since(start);
    return std::move(list[0]);
  }
  return Build(cursor_, start, Constructor{.elements = std::move(list)});
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseCase(
    const SourceLocation& start) {
  cursor_.Take();
  Case node;
  ExpressionParser expressions(cursor_);
  if (!cursor_.At("WHEN")) {
    ASSIGN_OR_RETURN(node.operand, expressions.Parse());
  }
  RETURN_IF_ERROR(cursor_.Expect("WHEN"));
  do {
    WhenClause when;
    ASSIGN_OR_RETURN(when.condition, expressions.Parse());
    while (node.operand && cursor_.Accept(",")) {
      ASSIGN_OR_RETURN(ExpressionPtr value, expressions.Parse());
      when.alternatives.push_back(std::move(value));
    }
    RETURN_IF_ERROR(cursor_.Expect("THEN"));
    ASSIGN_OR_RETURN(when.result, expressions.Parse());
    node.whens.push_back(std::move(when));
  } while (cursor_.Accept("WHEN"));
  if (cursor_.Accept("ELSE")) {
    ASSIGN_OR_RETURN(node.otherwise, expressions.Parse());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing("END", start));
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseCast(
    const SourceLocation& start) {
  Cast node{.try_cast = cursor_.Take().match == "TRY_CAST"};
  const SourceLocation open = cursor_.Take().location;
  ASSIGN_OR_RETURN(node.value, ExpressionParser(cursor_).Parse());
  RETURN_IF_ERROR(cursor_.Expect("AS"));
  ASSIGN_OR_RETURN(node.type, TypeParser(cursor_).Parse());
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseExists(
    const SourceLocation& start) {
  cursor_.Take();
  const SourceLocation open = cursor_.Here();
  RETURN_IF_ERROR(cursor_.Expect("("));
  Exists node;
  ASSIGN_OR_RETURN(node.query, QueryParser(cursor_).Parse());
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseRow(
    const SourceLocation& start) {
  cursor_.Take();
  const SourceLocation open = cursor_.Take().location;
  Constructor node;
  if (!cursor_.At(")")) {
    ASSIGN_OR_RETURN(node.elements, ExpressionParser(cursor_).ParseList());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(node));
}

// ARRAY[a, b], MAP['k', v], MULTISET[a], and the same of a query: ARRAY(..)
absl::StatusOr<ExpressionPtr> PrimaryParser::ParseCollection(
    const SourceLocation& start) {
  const absl::string_view word = cursor_.Take().match;
  const bool array = word == "ARRAY";
  const bool map = word == "MAP";
  const SourceLocation open = cursor_.Here();
  if (cursor_.Take().match == "(") {
    Subquery node{.kind = array ? SubqueryKind::kArray
                          : map ? SubqueryKind::kMap
                                : SubqueryKind::kMultiset};
    ASSIGN_OR_RETURN(node.query, QueryParser(cursor_).Parse());
    RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
    return Build(cursor_, start, std::move(node));
  }
  Constructor node{.kind = array ? ConstructorKind::kArray
                           : map ? ConstructorKind::kMap
                                 : ConstructorKind::kMultiset};
  if (!cursor_.At("]")) {
    ASSIGN_OR_RETURN(node.elements, ExpressionParser(cursor_).ParseList());
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing("]", open));
  return Build(cursor_, start, std::move(node));
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseName(
    const SourceLocation& start) {
  ObjectName name;
  do {
    ASSIGN_OR_RETURN(Name part, cursor_.TakeAnyName("a name"));
    name.parts.push_back(std::move(part));
    if (cursor_.At(".", 0) && cursor_.At("*", 1)) {
      cursor_.Take();
      cursor_.Take();
      return Build(cursor_, start, Star{.qualifier = std::move(name.parts)});
    }
    if (!cursor_.At(".", 0)) break;
    cursor_.Take();
  } while (true);
  name.location = cursor_.Since(start);
  if (cursor_.At("(", 0)) {
    return CallParser(cursor_).Parse(std::move(name));
  }
  return Build(cursor_, start, ColumnReference{.name = std::move(name)});
}

// CURRENT_DATE, LOCALTIME(3)
absl::StatusOr<ExpressionPtr> PrimaryParser::ParseBareFunction(
    const SourceLocation& start) {
  ObjectName name;
  ASSIGN_OR_RETURN(Name part, cursor_.TakeAnyName("a function"));
  name.location = part.location;
  name.parts.push_back(std::move(part));
  if (cursor_.At("(", 0)) {
    return CallParser(cursor_).Parse(std::move(name));
  }
  return Build(cursor_, start,
               FunctionCall{.name = std::move(name),
                            .without_parentheses = true});
}

absl::StatusOr<ExpressionPtr> PrimaryParser::ParseDescriptor(
    const SourceLocation& start) {
  cursor_.Take();
  const SourceLocation open = cursor_.Take().location;
  Descriptor node;
  do {
    ASSIGN_OR_RETURN(ObjectName column,
                     cursor_.TakeObjectName("a column name"));
    node.columns.push_back(std::move(column));
  } while (cursor_.Accept(","));
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return Build(cursor_, start, std::move(node));
}

}  // namespace millrace::sql
