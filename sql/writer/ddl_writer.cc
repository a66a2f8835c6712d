#include "sql/writer/ddl_writer.h"

#include "sql/writer/expression_writer.h"
#include "sql/writer/query_writer.h"

namespace millrace::sql {
namespace {

absl::string_view MergeText(LikeMerge merge) {
  switch (merge) {
    case LikeMerge::kIncluding: return "INCLUDING ";
    case LikeMerge::kExcluding: return "EXCLUDING ";
    case LikeMerge::kOverwriting: return "OVERWRITING ";
  }
  return "";
}

absl::string_view FeatureText(LikeFeature feature) {
  switch (feature) {
    case LikeFeature::kAll: return "ALL";
    case LikeFeature::kConstraints: return "CONSTRAINTS";
    case LikeFeature::kDistribution: return "DISTRIBUTION";
    case LikeFeature::kGenerated: return "GENERATED";
    case LikeFeature::kMetadata: return "METADATA";
    case LikeFeature::kOptions: return "OPTIONS";
    case LikeFeature::kPartitions: return "PARTITIONS";
    case LikeFeature::kWatermarks: return "WATERMARKS";
  }
  return "";
}

}  // namespace

void DdlWriter::Write(const CreateTable& table) {
  out_.Add("CREATE ", table.or_replace ? "OR REPLACE " : "",
           table.temporary ? "TEMPORARY " : "", "TABLE ",
           table.if_not_exists ? "IF NOT EXISTS " : "");
  out_.AddName(table.name);
  WriteElements(table);
  if (table.comment) out_.AddString(" COMMENT ", *table.comment);
  if (table.distribution) WriteDistribution(*table.distribution);
  if (!table.partitioned_by.empty()) {
    out_.Add(" PARTITIONED BY ");
    out_.AddNames(table.partitioned_by);
  }
  if (!table.options.empty()) {
    out_.Add(" WITH (");
    Comma comma;
    for (const auto& option : table.options) {
      out_.Add(comma.Next());
      out_.AddString("", option.key);
      out_.AddString(" = ", option.value);
    }
    out_.Add(")");
  }
  if (table.like) WriteLike(*table.like);
  if (table.as) {
    out_.Add(" AS ");
    QueryWriter(out_).Write(*table.as);
  }
}

void DdlWriter::WriteElements(const CreateTable& table) {
  if (!table.column_names.empty()) {
    out_.Add(" ");
    return out_.AddNames(table.column_names);
  }
  if (table.columns.empty() && table.watermarks.empty() &&
      table.keys.empty()) {
    return;
  }
  Comma comma;
  out_.Add(" (");
  for (const auto& column : table.columns) {
    out_.Add(comma.Next());
    WriteColumn(column);
  }
  for (const auto& watermark : table.watermarks) {
    out_.Add(comma.Next(), "WATERMARK FOR ");
    out_.AddName(watermark.column);
    out_.Add(" AS ");
    ExpressionWriter(out_).Write(*watermark.expression);
  }
  for (const auto& key : table.keys) {
    out_.Add(comma.Next());
    WriteKey(key);
  }
  out_.Add(")");
}

void DdlWriter::WriteColumn(const ColumnDefinition& column) {
  out_.AddName(column.name);
  out_.Add(" ");
  if (column.kind == ColumnKind::kComputed) {
    out_.Add("AS ");
    ExpressionWriter(out_).Write(*column.expression);
  } else {
    out_.Add(ToSql(*column.type));
  }
  if (column.kind == ColumnKind::kMetadata) out_.Add(" METADATA");
  if (column.metadata_key) out_.AddString(" FROM ", *column.metadata_key);
  if (column.is_virtual) out_.Add(" VIRTUAL");
  if (column.comment) out_.AddString(" COMMENT ", *column.comment);
}

void DdlWriter::WriteKey(const KeyConstraint& key) {
  if (key.constraint) {
    out_.Add("CONSTRAINT ");
    out_.AddName(*key.constraint);
    out_.Add(" ");
  }
  out_.Add(key.primary ? "PRIMARY KEY " : "UNIQUE ");
  out_.AddNames(key.columns);
  if (!key.enforced) out_.Add(" NOT ENFORCED");
}

void DdlWriter::WriteDistribution(const Distribution& distribution) {
  out_.Add(" DISTRIBUTED");
  if (!distribution.columns.empty()) {
    out_.Add(" BY ", distribution.algorithm,
             distribution.algorithm.empty() ? "" : " ");
    out_.AddNames(distribution.columns);
  }
  if (distribution.buckets) {
    out_.Add(" INTO ", *distribution.buckets, " BUCKETS");
  }
}

void DdlWriter::WriteLike(const TableLike& like) {
  out_.Add(" LIKE ");
  out_.AddName(like.table);
  if (like.options.empty()) return;
  Comma blank(" ");
  out_.Add(" (");
  for (const LikeOption& option : like.options) {
    out_.Add(blank.Next(), MergeText(option.merge),
             FeatureText(option.feature));
  }
  out_.Add(")");
}

void DdlWriter::Write(const CreateView& view) {
  out_.Add("CREATE ", view.or_replace ? "OR REPLACE " : "",
           view.temporary ? "TEMPORARY " : "", "VIEW ",
           view.if_not_exists ? "IF NOT EXISTS " : "");
  out_.AddName(view.name);
  if (!view.columns.empty()) {
    out_.Add(" ");
    out_.AddNames(view.columns);
  }
  if (view.comment) out_.AddString(" COMMENT ", *view.comment);
  out_.Add(" AS ");
  QueryWriter(out_).Write(*view.query);
}

}  // namespace millrace::sql
