#include "runtime/types/type_text.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Types within types; a plan written by hand must not exhaust the stack.
constexpr int kMaxDepth = 64;

class TypeParser {
 public:
  explicit TypeParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<LogicalType> ParseAll() {
    ASSIGN_OR_RETURN(LogicalType type, ParseType(0));
    SkipSpaces();
    if (at_ != text_.size()) return Expected("the end of the type");
    return type;
  }

 private:
  absl::Status Expected(absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", what, " at character ", at_ + 1,
                     " of type '", text_, "'"));
  }

  void SkipSpaces() {
    while (at_ < text_.size() &&
           absl::ascii_isspace(static_cast<unsigned char>(text_[at_]))) {
      ++at_;
    }
  }

  bool Symbol(char symbol) {
    SkipSpaces();
    if (at_ == text_.size() || text_[at_] != symbol) return false;
    ++at_;
    return true;
  }

  // The letters, digits and underscores that begin here; may be empty.
  absl::string_view PeekWord() {
    SkipSpaces();
    size_t end = at_;
    while (end < text_.size() &&
           (absl::ascii_isalnum(static_cast<unsigned char>(text_[end])) ||
            text_[end] == '_')) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }

  bool Keyword(absl::string_view keyword) {
    const absl::string_view word = PeekWord();
    if (!absl::EqualsIgnoreCase(word, keyword)) return false;
    at_ += word.size();
    return true;
  }
  // All of them or none.
  bool Keywords(std::initializer_list<absl::string_view> keywords) {
    const size_t before = at_;
    for (absl::string_view keyword : keywords) {
      if (!Keyword(keyword)) {
        at_ = before;
        return false;
      }
    }
    return true;
  }

  struct Range {
    int least;
    int most;
    int otherwise;
  };

  // "(n)", if it is there.
  absl::StatusOr<int> Length(Range range) {
    if (!Symbol('(')) return range.otherwise;
    ASSIGN_OR_RETURN(const int value, Number(range));
    if (!Symbol(')')) return Expected("')'");
    return value;
  }

  absl::StatusOr<int> Number(Range range) {
    const absl::string_view word = PeekWord();
    int value = 0;
    if (!absl::SimpleAtoi(word, &value) || value < range.least ||
        value > range.most) {
      return Expected(absl::StrCat("a number from ", range.least, " to ",
                                   range.most));
    }
    at_ += word.size();
    return value;
  }

  absl::StatusOr<LogicalType> ParseType(int depth) {
    if (depth > kMaxDepth) return Expected("fewer nested types");
    ASSIGN_OR_RETURN(LogicalType type, ParseBase(depth));
    while (true) {
      if (Keywords({"NOT", "NULL"})) {
        type = type.NotNull();
      } else if (Keyword("NULL")) {
        type = type.AsNullable();
      } else if (Keyword("ARRAY")) {
        type = LogicalType::Array(std::move(type));
      } else if (Keyword("MULTISET")) {
        type = LogicalType::Multiset(std::move(type));
      } else {
        return type;
      }
    }
  }

  absl::StatusOr<LogicalType> ParseBase(int depth) {
    if (Keyword("ROW")) return ParseRow(depth);
    if (Keyword("ARRAY")) {
      ASSIGN_OR_RETURN(auto types, ParseArguments(1, depth));
      return LogicalType::Array(types[0]);
    }
    if (Keyword("MULTISET")) {
      ASSIGN_OR_RETURN(auto types, ParseArguments(1, depth));
      return LogicalType::Multiset(types[0]);
    }
    if (Keyword("MAP")) {
      ASSIGN_OR_RETURN(auto types, ParseArguments(2, depth));
      return LogicalType::Map(types[0], types[1]);
    }
    if (Keyword("INTERVAL")) return ParseInterval();
    if (Keyword("TIMESTAMP_LTZ")) {
      ASSIGN_OR_RETURN(const int precision, Length({0, 9, 6}));
      return LogicalType::TimestampLtz(precision);
    }
    if (Keyword("TIMESTAMP")) return ParseTimestamp();
    if (Keyword("TIME")) {
      ASSIGN_OR_RETURN(const int precision, Length({0, 9, 0}));
      Keywords({"WITHOUT", "TIME", "ZONE"});
      return LogicalType::Time(precision);
    }
    if (Keyword("DECIMAL") || Keyword("DEC") || Keyword("NUMERIC")) {
      return ParseDecimalType();
    }
    return ParseSimple();
  }

  absl::StatusOr<LogicalType> ParseSimple() {
    constexpr int kMax = LogicalType::kMaxLength;
    if (Keyword("NULL")) return LogicalType();
    if (Keyword("BOOLEAN")) return LogicalType::Boolean();
    if (Keyword("TINYINT")) return LogicalType::TinyInt();
    if (Keyword("SMALLINT")) return LogicalType::SmallInt();
    if (Keyword("INT") || Keyword("INTEGER")) return LogicalType::Integer();
    if (Keyword("BIGINT")) return LogicalType::BigInt();
    if (Keyword("FLOAT") || Keyword("REAL")) return LogicalType::Float();
    if (Keywords({"DOUBLE", "PRECISION"}) || Keyword("DOUBLE")) {
      return LogicalType::Double();
    }
    if (Keyword("DATE")) return LogicalType::Date();
    if (Keyword("STRING")) return LogicalType::String();
    if (Keyword("BYTES")) return LogicalType::Bytes();
    if (Keyword("VARCHAR") || Keywords({"CHARACTER", "VARYING"}) ||
        Keywords({"CHAR", "VARYING"})) {
      ASSIGN_OR_RETURN(const int length, Length({0, kMax, kMax}));
      return LogicalType::VarChar(length);
    }
    if (Keyword("CHAR") || Keyword("CHARACTER")) {
      ASSIGN_OR_RETURN(const int length, Length({0, kMax, 1}));
      return LogicalType::Char(length);
    }
    if (Keyword("VARBINARY") || Keywords({"BINARY", "VARYING"})) {
      ASSIGN_OR_RETURN(const int length, Length({0, kMax, kMax}));
      return LogicalType::VarBinary(length);
    }
    if (Keyword("BINARY")) {
      ASSIGN_OR_RETURN(const int length, Length({0, kMax, 1}));
      return LogicalType::Binary(length);
    }
    return Expected("a type");
  }

  absl::StatusOr<LogicalType> ParseDecimalType() {
    if (!Symbol('(')) return LogicalType::Decimal(10, 0);
    ASSIGN_OR_RETURN(const int precision, Number({1, 38, 10}));
    int scale = 0;
    if (Symbol(',')) {
      ASSIGN_OR_RETURN(scale, Number({0, precision, 0}));
    }
    if (!Symbol(')')) return Expected("')'");
    return LogicalType::Decimal(precision, scale);
  }

  absl::StatusOr<LogicalType> ParseTimestamp() {
    ASSIGN_OR_RETURN(const int precision, Length({0, 9, 6}));
    if (Keywords({"WITH", "LOCAL", "TIME", "ZONE"})) {
      return LogicalType::TimestampLtz(precision);
    }
    Keywords({"WITHOUT", "TIME", "ZONE"});
    return LogicalType::Timestamp(precision);
  }

  // One unit, or the first and last of two; only the family matters.
  absl::StatusOr<LogicalType> ParseInterval() {
    ASSIGN_OR_RETURN(const bool year_month, ParseIntervalUnit());
    if (Keyword("TO")) {
      ASSIGN_OR_RETURN(const bool same, ParseIntervalUnit());
      if (same != year_month) return Expected("a unit of the same family");
    }
    return year_month ? LogicalType::IntervalYearMonth()
                      : LogicalType::IntervalDayTime();
  }
  absl::StatusOr<bool> ParseIntervalUnit() {
    const bool year_month = Keyword("YEAR") || Keyword("MONTH");
    if (!year_month && !Keyword("DAY") && !Keyword("HOUR") &&
        !Keyword("MINUTE") && !Keyword("SECOND")) {
      return Expected("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
    }
    RETURN_IF_ERROR(Length({0, 10, 0}).status());
    return year_month;
  }

  absl::StatusOr<std::vector<LogicalType>> ParseArguments(int count,
                                                          int depth) {
    if (!Symbol('<')) return Expected("'<'");
    std::vector<LogicalType> types;
    for (int i = 0; i < count; ++i) {
      if (i > 0 && !Symbol(',')) return Expected("','");
      ASSIGN_OR_RETURN(LogicalType type, ParseType(depth + 1));
      types.push_back(std::move(type));
    }
    if (!Symbol('>')) return Expected("'>'");
    return types;
  }

  absl::StatusOr<LogicalType> ParseRow(int depth) {
    const bool angular = Symbol('<');
    if (!angular && !Symbol('(')) return Expected("'<' or '('");
    const char close = angular ? '>' : ')';
    std::vector<RowField> fields;
    while (!Symbol(close)) {
      if (!fields.empty() && !Symbol(',')) return Expected("','");
      RowField& field = fields.emplace_back();
      ASSIGN_OR_RETURN(field.name, ParseName());
      ASSIGN_OR_RETURN(field.type, ParseType(depth + 1));
    }
    return LogicalType::Row(std::move(fields));
  }

  absl::StatusOr<std::string> ParseName() {
    if (!Symbol('`')) {
      const absl::string_view word = PeekWord();
      if (word.empty()) return Expected("a field's name");
      at_ += word.size();
      return std::string(word);
    }
    std::string name;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '`') {
        if (at_ == text_.size() || text_[at_] != '`') return name;
        ++at_;
      }
      name.push_back(c);
    }
    return Expected("'`'");
  }

  absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<LogicalType> ParseLogicalType(absl::string_view text) {
  return TypeParser(text).ParseAll();
}

}  // namespace millrace
