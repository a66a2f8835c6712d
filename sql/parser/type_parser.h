#pragma once

#include "absl/status/statusor.h"
#include "sql/parser/token_cursor.h"

namespace millrace::sql {

// Data types: BIGINT NOT NULL, DECIMAL(10, 2), ROW<a INT, b ARRAY<STRING>>,
// TIMESTAMP(3) WITH LOCAL TIME ZONE, INTERVAL DAY TO SECOND. A VARCHAR or
// VARBINARY without length is the longest, CHAR and BINARY 1, DECIMAL
// (10, 0), TIME 0, TIMESTAMP 6, as in Flink. Errors: SQL-0005 a number out of
// its range, SQL-0006 no such type.
class TypeParser {
 public:
  explicit TypeParser(TokenCursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<TypeName> Parse();
  // DAY(3) TO SECOND(6), behind the word INTERVAL.
  absl::StatusOr<IntervalQualifier> ParseQualifier();

 private:
  absl::StatusOr<LogicalType> ParseType();
  absl::StatusOr<LogicalType> ParseNamed();
  absl::StatusOr<LogicalType> ParseFlat(absl::string_view name);
  absl::StatusOr<LogicalType> ParseDecimal();
  absl::StatusOr<LogicalType> ParseTimestamp();
  absl::StatusOr<LogicalType> ParseRow();
  absl::StatusOr<LogicalType> ParseInterval();
  absl::StatusOr<LogicalType> ParseCollection(absl::string_view name);
  absl::Status SkipUnsupported();
  absl::Status Unknown(const Token& name) const;
  // (n), or `otherwise`. SQL-0005 outside [lowest, highest].
  struct Range {
    int lowest;
    int highest;
    int otherwise;
  };
  absl::StatusOr<int> ParseNumber(Range range);
  absl::StatusOr<int> ParseInRange(Range range);
  // NOT NULL, or NULL, behind a type.
  absl::StatusOr<LogicalType> WithNullability(LogicalType type);

  TokenCursor& cursor_;
  bool unsupported_ = false;  // Some part was a type we do not have.
};

}  // namespace millrace::sql
