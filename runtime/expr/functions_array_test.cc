#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/expr/function_caller.h"
#include "runtime/expr/function_families.h"

namespace millrace::functions_array_test {
namespace {

using Numbers = std::vector<std::optional<int>>;
using Texts = std::vector<const char*>;

// An ARRAY<INT>, nullopt for NULL.
Arg Ints(const Numbers& numbers) {
  Value::Children values;
  for (const auto& number : numbers) {
    values.push_back(number ? Value::Int(*number) : Value::Null());
  }
  return {LogicalType::Array(LogicalType::Integer()), Value::List(values)};
}
// An ARRAY<STRING>, null for NULL.
Arg Strings(const Texts& texts) {
  Value::Children values;
  for (const char* text : texts) {
    values.push_back(text != nullptr ? Value::Text(text) : Value::Null());
  }
  return {LogicalType::Array(LogicalType::String()), Value::List(values)};
}
// An ARRAY<ARRAY<INT>>.
Arg Lists(const std::vector<Numbers>& lists) {
  Value::Children values;
  for (const Numbers& list : lists) values.push_back(Ints(list).value);
  return {LogicalType::Array(LogicalType::Array(LogicalType::Integer())),
          Value::List(values)};
}
// A MAP<INT, STRING>.
Arg Map(const std::vector<std::pair<int, const char*>>& pairs) {
  Value::Children values;
  for (const auto& [key, value] : pairs) {
    values.push_back(Value::Int(key));
    values.push_back(Value::Text(value));
  }
  return {LogicalType::Map(LogicalType::Integer(), LogicalType::String()),
          Value::List(values)};
}
Arg NoInts() { return Null(LogicalType::Array(LogicalType::Integer())); }
Arg NoInt() { return Null(LogicalType::Integer()); }
Arg Bool(bool value) {
  return {LogicalType::Boolean().NotNull(), Value::Bool(value)};
}

constexpr auto kNone = std::nullopt;

void ExpectAll(const std::vector<FunctionCase>& table) {
  const FunctionCaller caller(RegisterCollectionFunctions);
  for (const FunctionCase& line : table) {
    EXPECT_EQ(caller.Call(line.name, line.args), line.expected)
        << Describe(line);
  }
}

TEST(ArrayFunctions, LookForOneElement) {
  const Arg some = Ints({kNone, 1, 2, 2, kNone});
  ExpectAll({
      {"ARRAY_CONTAINS", {Ints({1, 2, 3}), 2}, "TRUE"},
      {"ARRAY_CONTAINS", {Ints({1, 2, 3}), NoInt()}, "FALSE"},
      {"ARRAY_CONTAINS", {some, NoInt()}, "TRUE"},
      {"ARRAY_CONTAINS", {NoInts(), 12}, "NULL"},
      {"ARRAY_CONTAINS", {Strings({"Hello", "World"}), "Hello"}, "TRUE"},
      {"ARRAY_CONTAINS", {Lists({{1}, {2, kNone}}), Ints({2, kNone})},
       "TRUE"},
      {"ARRAY_POSITION", {some, 2}, "3"},
      {"ARRAY_POSITION", {some, 7}, "0"},
      {"ARRAY_POSITION", {some, NoInt()}, "1"},
      {"ARRAY_POSITION", {NoInts(), 1}, "NULL"},
  });
}

TEST(ArrayFunctions, ChangeOneElement) {
  ExpectAll({
      {"ARRAY_REMOVE", {Ints({1, 2, 2}), 2}, "[1]"},
      {"ARRAY_REMOVE", {Ints({1, kNone, 2}), NoInt()}, "[1, 2]"},
      {"ARRAY_REMOVE", {Lists({{1, kNone, 3}, {0}, {1}}), Ints({0})},
       "[[1, NULL, 3], [1]]"},
      {"ARRAY_APPEND", {Ints({1, 2}), 3}, "[1, 2, 3]"},
      {"ARRAY_APPEND", {NoInts(), 1}, "NULL"},
      {"ARRAY_APPEND", {Strings({"Hello", "World"}), nullptr},
       "[Hello, World, NULL]"},
      {"ARRAY_PREPEND", {Strings({"a text of some length"}), "b"},
       "[b, a text of some length]"},
  });
  const FunctionCaller caller(RegisterCollectionFunctions);
  const Arg strict(
      LogicalType::Array(LogicalType::String().NotNull()).NotNull(),
      Value::List({}));
  EXPECT_EQ(caller.TypeOf("ARRAY_APPEND", {strict, nullptr}),
            "ARRAY<STRING> NOT NULL");
  EXPECT_EQ(caller.TypeOf("ARRAY_APPEND", {strict, 1}), "REFUSED");
  EXPECT_EQ(caller.TypeOf("ARRAY_CONTAINS", {Ints({1}), Bool(true)}),
            "REFUSED");
}

TEST(ArrayFunctions, CombineArraysAsSets) {
  ExpectAll({
      {"ARRAY_DISTINCT", {Ints({kNone, 1, 2, 2, 1, kNone})}, "[NULL, 1, 2]"},
      {"ARRAY_DISTINCT", {Ints({})}, "[]"},
      {"ARRAY_UNION", {Ints({1, 2, kNone}), Ints({1, kNone, 4})},
       "[1, 2, NULL, 4]"},
      {"ARRAY_UNION", {NoInts(), Ints({1})}, "NULL"},
      {"ARRAY_EXCEPT", {Ints({1, 2, 2}), Ints({1})}, "[2]"},
      {"ARRAY_EXCEPT", {Ints({kNone, kNone, 1}), Ints({kNone, 42})}, "[1]"},
      {"ARRAY_EXCEPT", {Lists({{1, kNone}, {0}, {1}}), Lists({{0}})},
       "[[1, NULL], [1]]"},
      {"ARRAY_INTERSECT", {Ints({1, 1, 2}), Ints({1, kNone, 4})}, "[1]"},
      {"ARRAY_CONCAT", {Ints({1}), Ints({2, kNone}), Ints({1})},
       "[1, 2, NULL, 1]"},
      {"ARRAY_CONCAT", {Ints({1, 2, kNone})}, "[1, 2, NULL]"},
      {"ARRAY_REVERSE", {Strings({"a", nullptr, "c"})}, "[c, NULL, a]"},
      {"ARRAY_REVERSE", {NoInts()}, "NULL"},
  });
  const FunctionCaller caller(RegisterCollectionFunctions);
  EXPECT_EQ(caller.TypeOf("ARRAY_EXCEPT", {Ints({1}), Strings({"hi"})}),
            "REFUSED");
}

TEST(ArrayFunctions, CutSlices) {
  const Arg five = Ints({1, 2, 3, 4, 5});
  ExpectAll({
      {"ARRAY_SLICE", {five, -123}, "[1, 2, 3, 4, 5]"},
      {"ARRAY_SLICE", {five, -3}, "[3, 4, 5]"},
      {"ARRAY_SLICE", {five, -123, -231}, "[]"},
      {"ARRAY_SLICE", {five, -5, -5}, "[1]"},
      {"ARRAY_SLICE", {five, -6, -5}, "[1]"},
      {"ARRAY_SLICE", {five, 5, 6}, "[5]"},
      {"ARRAY_SLICE", {five, 6, 9}, "[]"},
      {"ARRAY_SLICE", {five, 0, 9}, "[1, 2, 3, 4, 5]"},
      {"ARRAY_SLICE", {Ints({kNone, 1}), 1, 0}, "[NULL]"},
      {"ARRAY_SLICE", {five, NoInt(), 2}, "NULL"},
  });
}

TEST(ArrayFunctions, OrderElements) {
  const Arg some = Ints({2, 1, kNone, 2});
  ExpectAll({
      {"ARRAY_SORT", {some}, "[NULL, 1, 2, 2]"},
      {"ARRAY_SORT", {some, Bool(false)}, "[2, 2, 1, NULL]"},
      {"ARRAY_SORT", {some, Bool(true), Bool(false)}, "[1, 2, 2, NULL]"},
      {"ARRAY_SORT", {some, Bool(false), Bool(true)}, "[NULL, 2, 2, 1]"},
      {"ARRAY_SORT", {some, Null(LogicalType::Boolean())}, "NULL"},
      {"ARRAY_SORT", {Strings({"a", "cv", "234", "12"})},
       "[12, 234, a, cv]"},
      {"ARRAY_MAX", {some}, "2"},
      {"ARRAY_MIN", {Strings({"b, a text of length", "a", nullptr})}, "a"},
      {"ARRAY_MAX", {Strings({"b, a text of length", "a", nullptr})},
       "b, a text of length"},
      {"ARRAY_MAX", {Ints({kNone})}, "NULL"},
      {"ARRAY_MIN", {Ints({})}, "NULL"},
      {"ARRAY_MIN", {NoInts()}, "NULL"},
  });
}

TEST(ArrayFunctions, JoinTexts) {
  const Arg holes = Strings({nullptr, nullptr, "1", nullptr, nullptr});
  ExpectAll({
      {"ARRAY_JOIN", {Strings({"abv", "bbb", "cb"}), "+"}, "abv+bbb+cb"},
      {"ARRAY_JOIN", {Strings({"abv", "bbb"}), "+", nullptr}, "NULL"},
      {"ARRAY_JOIN", {holes, "+"}, "1"},
      {"ARRAY_JOIN", {holes, "+", ""}, "++1++"},
      {"ARRAY_JOIN", {Strings({"a", "b", nullptr}), " ", "+"}, "a b +"},
      {"ARRAY_JOIN", {Strings({}), "+"}, ""},
  });
  const FunctionCaller caller(RegisterCollectionFunctions);
  EXPECT_EQ(caller.TypeOf("ARRAY_JOIN", {Ints({1}), "+"}), "REFUSED");
}

TEST(MapFunctions, TakeMapsApartAndTogether) {
  const Arg map = Map({{1, "one"}, {2, "a second, longer value"}});
  const Arg none =
      Null(LogicalType::Map(LogicalType::Integer(), LogicalType::String()));
  ExpectAll({
      {"MAP_KEYS", {map}, "[1, 2]"},
      {"MAP_VALUES", {map}, "[one, a second, longer value]"},
      {"MAP_ENTRIES", {map}, "[(1, one), (2, a second, longer value)]"},
      {"MAP_KEYS", {none}, "NULL"},
      {"MAP_FROM_ARRAYS", {Ints({1, 2}), Strings({"one", nullptr})},
       "{1=one, 2=NULL}"},
      {"MAP_FROM_ARRAYS", {Ints({1, 1}), Strings({"one", "two"})},
       "{1=two}"},
      {"MAP_FROM_ARRAYS", {NoInts(), Strings({})}, "NULL"},
      {"MAP_UNION", {map, Map({{2, "x"}, {3, "y"}})}, "{1=one, 2=x, 3=y}"},
      {"MAP_UNION", {map, none}, "NULL"},
  });
  const FunctionCaller caller(RegisterCollectionFunctions);
  EXPECT_THAT(
      caller.Call("MAP_FROM_ARRAYS", {Ints({1}), Strings({"a", "b"})}),
      testing::HasSubstr("FAILED: EXP-0108"));
  EXPECT_EQ(caller.TypeOf("MAP_UNION", {map, Ints({1})}), "REFUSED");
  EXPECT_EQ(caller.TypeOf("MAP_ENTRIES", {map}),
            "ARRAY<ROW<`key` INT, `value` STRING>>");
}

}  // namespace
}  // namespace millrace::functions_array_test
