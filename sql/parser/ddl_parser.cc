#include "sql/parser/ddl_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/column_parser.h"
#include "sql/parser/option_parser.h"
#include "sql/parser/query_parser.h"

namespace millrace::sql {

absl::StatusOr<bool> DdlParser::ParseIfNotExists() {
  // A table may be called IF.
  if (!cursor_.At("IF", 0) || !cursor_.At("NOT", 1)) return false;
  cursor_.Take();
  cursor_.Take();
  RETURN_IF_ERROR(cursor_.Expect("EXISTS"));
  return true;
}

absl::StatusOr<Statement::Node> DdlParser::ParseCreateTable(Prefix prefix) {
  CreateTable table{.temporary = prefix.temporary,
                    .or_replace = prefix.or_replace};
  ASSIGN_OR_RETURN(table.if_not_exists, ParseIfNotExists());
  ASSIGN_OR_RETURN(table.name, cursor_.TakeObjectName("a table name"));
  if (cursor_.At("(")) RETURN_IF_ERROR(ColumnParser(cursor_).ParseList(table));
  RETURN_IF_ERROR(ParseTableClauses(table));
  return table;
}

absl::Status DdlParser::ParseTableClauses(CreateTable& table) {
  if (cursor_.Accept("COMMENT")) {
    ASSIGN_OR_RETURN(table.comment, cursor_.TakeString("a string"));
  }
  if (cursor_.At("DISTRIBUTED")) {
    ASSIGN_OR_RETURN(table.distribution, ParseDistribution());
  }
  if (cursor_.Accept("PARTITIONED")) {
    RETURN_IF_ERROR(cursor_.Expect("BY"));
    ASSIGN_OR_RETURN(table.partitioned_by,
                     cursor_.TakeNameList("a column name"));
  }
  if (cursor_.Accept("WITH")) {
    ASSIGN_OR_RETURN(table.options, OptionParser(cursor_).ParseList());
  }
  if (cursor_.Accept("LIKE")) {
    ASSIGN_OR_RETURN(table.like, ParseLike());
  }
  if (cursor_.Accept("AS")) {
    ASSIGN_OR_RETURN(table.as, QueryParser(cursor_).Parse());
  }
  // A list of bare names is only there to name a query's columns.
  if (!table.column_names.empty() && !table.as) {
    cursor_.At("AS");
    return cursor_.Unexpected(
        "AS and a query, since the columns have no types");
  }
  return absl::OkStatus();
}

// DISTRIBUTED [BY [HASH | RANGE] (a, b)] [INTO n BUCKETS]
absl::StatusOr<Distribution> DdlParser::ParseDistribution() {
  cursor_.Take();
  Distribution distribution;
  if (cursor_.Accept("BY")) {
    if (cursor_.At("HASH") || cursor_.At("RANGE")) {
      distribution.algorithm = cursor_.Take().match;
    }
    ASSIGN_OR_RETURN(distribution.columns,
                     cursor_.TakeNameList("a column name"));
  }
  if (cursor_.Accept("INTO")) {
    ASSIGN_OR_RETURN(distribution.buckets,
                     cursor_.TakeInteger("the number of buckets"));
    RETURN_IF_ERROR(cursor_.Expect("BUCKETS"));
  }
  return distribution;
}

absl::StatusOr<TableLike> DdlParser::ParseLike() {
  TableLike like;
  ASSIGN_OR_RETURN(like.table, cursor_.TakeObjectName("a table name"));
  const SourceLocation open = cursor_.Here();
  if (!cursor_.Accept("(")) return like;
  while (!cursor_.At(")")) {
    ASSIGN_OR_RETURN(const LikeOption option, ParseLikeOption());
    like.options.push_back(option);
    cursor_.Accept(",");
  }
  RETURN_IF_ERROR(cursor_.ExpectClosing(")", open));
  return like;
}

absl::StatusOr<LikeOption> DdlParser::ParseLikeOption() {
  LikeOption option{.location = cursor_.Here()};
  if (cursor_.Accept("INCLUDING")) {
    option.merge = LikeMerge::kIncluding;
  } else if (cursor_.Accept("EXCLUDING")) {
    option.merge = LikeMerge::kExcluding;
  } else {
    RETURN_IF_ERROR(cursor_.Expect("OVERWRITING"));
    option.merge = LikeMerge::kOverwriting;
  }
  struct Entry {
    absl::string_view word;
    LikeFeature feature;
  };
  static constexpr Entry kEntries[] = {
      {"ALL", LikeFeature::kAll},
      {"CONSTRAINTS", LikeFeature::kConstraints},
      {"DISTRIBUTION", LikeFeature::kDistribution},
      {"GENERATED", LikeFeature::kGenerated},
      {"METADATA", LikeFeature::kMetadata},
      {"OPTIONS", LikeFeature::kOptions},
      {"PARTITIONS", LikeFeature::kPartitions},
      {"WATERMARKS", LikeFeature::kWatermarks},
  };
  for (const Entry& entry : kEntries) {
    if (!cursor_.Accept(entry.word)) continue;
    option.feature = entry.feature;
    option.location = cursor_.Since(option.location);
    return option;
  }
  return cursor_.Unexpected();
}

absl::StatusOr<Statement::Node> DdlParser::ParseCreateView(Prefix prefix) {
  CreateView view{.temporary = prefix.temporary,
                  .or_replace = prefix.or_replace};
  ASSIGN_OR_RETURN(view.if_not_exists, ParseIfNotExists());
  ASSIGN_OR_RETURN(view.name, cursor_.TakeObjectName("a view name"));
  if (cursor_.At("(")) {
    ASSIGN_OR_RETURN(view.columns, cursor_.TakeNameList("a column name"));
  }
  if (cursor_.Accept("COMMENT")) {
    ASSIGN_OR_RETURN(view.comment, cursor_.TakeString("a string"));
  }
  RETURN_IF_ERROR(cursor_.Expect("AS"));
  ASSIGN_OR_RETURN(view.query, QueryParser(cursor_).Parse());
  return view;
}

absl::StatusOr<Statement::Node> DdlParser::ParseDrop(DropKind kind,
                                                     bool temporary) {
  Drop drop{.kind = kind, .temporary = temporary};
  // A table may be called IF.
  if (cursor_.At("IF", 0) && cursor_.Peek(1).kind == TokenKind::kWord) {
    cursor_.Take();
    RETURN_IF_ERROR(cursor_.Expect("EXISTS"));
    drop.if_exists = true;
  }
  ASSIGN_OR_RETURN(drop.name,
                   cursor_.TakeObjectName(kind == DropKind::kTable
                                              ? "a table name"
                                              : "a view name"));
  return drop;
}

}  // namespace millrace::sql
