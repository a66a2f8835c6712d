#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/parser/ast_query.h"

namespace millrace::sql {

enum class ColumnKind : uint8_t { kPhysical, kMetadata, kComputed };

// name type [NOT NULL]; name type METADATA [FROM 'key'] [VIRTUAL];
// name AS expression. NOT NULL is part of the type.
struct ColumnDefinition {
  Name name;
  ColumnKind kind = ColumnKind::kPhysical;
  std::optional<TypeName> type;             // none for computed columns
  std::optional<std::string> metadata_key;  // none: the column's name
  bool is_virtual = false;
  ExpressionPtr expression;                 // null unless computed
  std::optional<std::string> comment;
  SourceLocation location;
};

// WATERMARK FOR a.b AS expression
struct WatermarkDefinition {
  ObjectName column;
  ExpressionPtr expression;
  SourceLocation location;
};

// [CONSTRAINT c] PRIMARY KEY (a, b) [NOT] ENFORCED, from the list or from a
// column. UNIQUE comes with `primary` false.
struct KeyConstraint {
  std::optional<Name> constraint;
  std::vector<Name> columns;
  bool primary = true;
  bool enforced = true;  // NOT ENFORCED was not written.
  SourceLocation location;
};

// 'key' = 'value', without quotes.
struct OptionDefinition {
  std::string key;
  std::string value;
  SourceLocation key_location;
  SourceLocation value_location;
};

// DISTRIBUTED [BY [HASH | RANGE] (a, b)] [INTO n BUCKETS]
struct Distribution {
  std::string algorithm;  // "HASH", "RANGE" or empty
  std::vector<Name> columns;
  std::optional<int> buckets;
};

enum class LikeMerge : uint8_t { kIncluding, kExcluding, kOverwriting };
enum class LikeFeature : uint8_t {
  kAll, kConstraints, kDistribution, kGenerated, kMetadata, kOptions,
  kPartitions, kWatermarks,
};

struct LikeOption {
  LikeMerge merge = LikeMerge::kIncluding;
  LikeFeature feature = LikeFeature::kAll;
  SourceLocation location;
};

struct TableLike {
  ObjectName table;
  std::vector<LikeOption> options;
};

struct CreateTable {
  bool temporary = false;
  bool or_replace = false;
  bool if_not_exists = false;
  ObjectName name;
  std::vector<ColumnDefinition> columns;
  std::vector<Name> column_names;  // CREATE TABLE t (a, b) AS query, alone
  std::vector<WatermarkDefinition> watermarks;
  std::vector<KeyConstraint> keys;
  std::optional<std::string> comment;
  std::optional<Distribution> distribution;
  std::vector<Name> partitioned_by;
  std::vector<OptionDefinition> options;
  std::optional<TableLike> like;
  QueryPtr as;  // null when absent
};

struct CreateView {
  bool temporary = false;
  bool or_replace = false;
  bool if_not_exists = false;
  ObjectName name;
  std::vector<Name> columns;
  std::optional<std::string> comment;
  QueryPtr query;
};

enum class DropKind : uint8_t { kTable, kView };

struct Drop {
  DropKind kind = DropKind::kTable;
  bool temporary = false;
  bool if_exists = false;
  ObjectName name;
};

}  // namespace millrace::sql
