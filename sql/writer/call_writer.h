#pragma once

#include <initializer_list>

#include "sql/parser/ast.h"
#include "sql/writer/sql_text.h"

namespace millrace::sql {

// Function calls as text, in the syntax each function has, and windows.
class CallWriter {
 public:
  explicit CallWriter(SqlText& out) : out_(out) {}

  void Write(const FunctionCall& call);
  void WriteWindow(const WindowSpec& spec);

 private:
  void WriteArguments(const FunctionCall& call);
  void WritePlainArguments(const FunctionCall& call);
  // Each argument behind its word: "", " FROM ", " FOR ".
  void WriteWithWords(const FunctionCall& call,
                      std::initializer_list<absl::string_view> words);
  void WriteJson(const FunctionCall& call);
  void WriteBehavior(JsonBehavior behavior, const ExpressionPtr& fallback,
                     absl::string_view when);
  void WriteTail(const FunctionCall& call);
  void WriteFrame(const WindowFrame& frame);
  void WriteBound(const FrameBound& bound);

  SqlText& out_;
};

}  // namespace millrace::sql
