#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sql/parser/ast_function.h"
#include "sql/parser/ast_literal.h"
#include "sql/parser/ast_name.h"

namespace millrace::sql {

// a, t.a, t.a.b: column or nested field; the binder finds out which part is
// which.
struct ColumnReference {
  ObjectName name;
};

// *, or t.* with its qualifier.
struct Star {
  std::vector<Name> qualifier;
};

enum class Operator : uint8_t {
  kOr,   // two or more operands, as long as the chain was
  kAnd,  // likewise
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIsDistinctFrom,
  kIsNotDistinctFrom,
  kOverlaps,  // operands are RowConstructors of two
  kPlus,
  kMinus,
  kMultiply,
  kDivide,
  kModulo,
  kConcat,  // ||
  kNegate,
  kUnaryPlus,
};

// "AND", "<=", "IS DISTINCT FROM", "-"...
absl::string_view OperatorText(Operator op);

// `operator_location` is the sign itself, for a caret under it.
struct OperatorCall {
  Operator op = Operator::kAnd;
  std::vector<ExpressionPtr> operands;
  SourceLocation operator_location;
};

enum class TruthTest : uint8_t { kNull, kTrue, kFalse, kUnknown, kJsonValue,
                                 kJsonObject, kJsonArray, kJsonScalar };

// x IS [NOT] NULL | TRUE | FALSE | UNKNOWN | JSON [VALUE|OBJECT|ARRAY|SCALAR]
struct IsTest {
  TruthTest test = TruthTest::kNull;
  bool negated = false;
  ExpressionPtr operand;
};

struct Between {
  bool negated = false;
  bool symmetric = false;
  ExpressionPtr value;
  ExpressionPtr low;
  ExpressionPtr high;
};

enum class PatternKind : uint8_t { kLike, kSimilarTo };

struct Like {
  PatternKind kind = PatternKind::kLike;
  bool negated = false;
  ExpressionPtr value;
  ExpressionPtr pattern;
  ExpressionPtr escape;  // null when there is no ESCAPE
};

// x [NOT] IN (a, b) or x [NOT] IN (query); exactly one of the two is set.
struct In {
  bool negated = false;
  ExpressionPtr value;
  std::vector<ExpressionPtr> list;
  QueryPtr query;  // null when a list stands there
};

// x < ANY (query), x = ALL (1, 2); SOME is ANY.
struct QuantifiedComparison {
  Operator op = Operator::kEqual;
  bool all = false;
  ExpressionPtr value;
  std::vector<ExpressionPtr> list;
  QueryPtr query;  // null when a list stands there
};

struct Exists {
  QueryPtr query;
};

enum class SubqueryKind : uint8_t { kScalar, kArray, kMultiset, kMap };

// (query), ARRAY(query), MULTISET(query), MAP(query)
struct Subquery {
  SubqueryKind kind = SubqueryKind::kScalar;
  QueryPtr query;
};

// `condition` is a value to compare with when Case has an operand; then
// `alternatives` are more such values, CASE x WHEN 1, 2 THEN.
struct WhenClause {
  ExpressionPtr condition;
  std::vector<ExpressionPtr> alternatives;
  ExpressionPtr result;
};

struct Case {
  ExpressionPtr operand;  // null when the conditions are predicates
  std::vector<WhenClause> whens;
  ExpressionPtr otherwise;  // null when there is no ELSE
};

struct Cast {
  bool try_cast = false;
  ExpressionPtr value;
  TypeName type;
};

enum class ConstructorKind : uint8_t { kRow, kArray, kMap, kMultiset };

// ROW(a, b), (a, b), ARRAY[a, b], MAP[k, v, k, v], MULTISET[a, b]
struct Constructor {
  ConstructorKind kind = ConstructorKind::kRow;
  std::vector<ExpressionPtr> elements;
};

// array[1], map['k'], row['f']
struct ElementAccess {
  ExpressionPtr collection;
  ExpressionPtr index;
};

// base.field where base is no plain name: f(x).a, a[1].b, (r).c
struct FieldAccess {
  ExpressionPtr base;
  Name field;
};

// DESCRIPTOR(a, b)
struct Descriptor {
  std::vector<ObjectName> columns;
};

// A word that stands as an argument: a unit (upper case, UnitName's form), or
// BOTH, LEADING, TRAILING of TRIM, or DEFAULT.
struct Symbol {
  std::string word;
};

// In the order of Expression::node's alternatives.
enum class ExpressionKind : uint8_t {
  kLiteral, kIntervalLiteral, kColumnReference, kStar, kOperatorCall, kIsTest,
  kBetween, kLike, kIn, kQuantifiedComparison, kExists, kSubquery, kCase,
  kCast, kConstructor, kElementAccess, kFieldAccess, kDescriptor, kSymbol,
  kFunctionCall, kTableArgument,
};

struct Expression {
  using Node =
      std::variant<Literal, IntervalLiteral, ColumnReference, Star,
                   OperatorCall, IsTest, Between, Like, In,
                   QuantifiedComparison, Exists, Subquery, Case, Cast,
                   Constructor, ElementAccess, FieldAccess, Descriptor, Symbol,
                   FunctionCall, TableArgument>;

  Node node;
  SourceLocation location;  // All of it, operands and parentheses included.
  int32_t height = 1;       // Of the tree, <= kMaxNesting (parser.h).

  ExpressionKind kind() const {
    return static_cast<ExpressionKind>(node.index());
  }
  // nullptr: it is something else.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

}  // namespace millrace::sql
