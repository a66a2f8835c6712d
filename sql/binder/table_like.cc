#include "sql/binder/table_like.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "sql/parser/sql_error.h"

namespace millrace::sql {
namespace {

// How each part is taken over. As in Flink all is included, but options are
// overwritten by those written anew.
class Merging {
 public:
  explicit Merging(const std::vector<LikeOption>& options) {
    LikeMerge all = LikeMerge::kIncluding;
    for (const LikeOption& option : options) {
      if (option.feature == LikeFeature::kAll) {
        all = option.merge;
        all_given_ = true;
      }
    }
    all_ = all;
    for (const LikeOption& option : options) {
      if (option.feature != LikeFeature::kAll) {
        of_[option.feature] = option.merge;
      }
    }
  }

  LikeMerge Of(LikeFeature feature) const {
    const auto found = of_.find(feature);
    if (found != of_.end()) return found->second;
    if (!all_given_ && feature == LikeFeature::kOptions) {
      return LikeMerge::kOverwriting;
    }
    return all_;
  }
  bool Takes(LikeFeature feature) const {
    return Of(feature) != LikeMerge::kExcluding;
  }

 private:
  LikeMerge all_ = LikeMerge::kIncluding;
  bool all_given_ = false;
  std::map<LikeFeature, LikeMerge> of_;
};

absl::Status Clash(const SourceLocation& location, absl::string_view part,
                   absl::string_view feature) {
  return SqlError({.code = "SQL-0143",
                   .location = location,
                   .what = absl::StrCat("both tables have ", part),
                   .why = {},
                   .fix = absl::StrCat("Write LIKE t (EXCLUDING ", feature,
                                       ") or OVERWRITING.")});
}

bool Defines(const CreateTable& create, absl::string_view name) {
  return std::any_of(create.columns.begin(), create.columns.end(),
                     [&](const ColumnDefinition& column) {
                       return column.name.text == name;
                     });
}

bool IsTaken(const CatalogColumn& column, const Merging& merging) {
  switch (column.kind) {
    case ColumnKind::kPhysical: return true;
    case ColumnKind::kMetadata: return merging.Takes(LikeFeature::kMetadata);
    case ColumnKind::kComputed: return merging.Takes(LikeFeature::kGenerated);
  }
  return true;
}

// Columns that go leave gaps: bound expressions follow to the new places.
Expr Moved(Expr expr, const std::vector<int>& places) {
  if (expr.kind == Expr::Kind::kColumn) expr.column = places[expr.column];
  for (Expr& arg : expr.args) arg = Moved(std::move(arg), places);
  return expr;
}

absl::Status TakeColumns(const CatalogTable& source, const TableLike& like,
                         const CreateTable& create, const Merging& merging,
                         CatalogTable& table) {
  std::vector<int> places(source.columns.size(), 0);
  for (size_t i = 0; i < source.columns.size(); ++i) {
    const CatalogColumn& column = source.columns[i];
    if (!IsTaken(column, merging)) continue;
    if (Defines(create, column.name)) {
      const LikeFeature feature = column.kind == ColumnKind::kMetadata
                                      ? LikeFeature::kMetadata
                                      : LikeFeature::kGenerated;
      if (column.kind == ColumnKind::kPhysical ||
          merging.Of(feature) != LikeMerge::kOverwriting) {
        return Clash(like.table.location,
                     absl::StrCat("column `", column.name, "`"), "GENERATED");
      }
      continue;
    }
    places[i] = static_cast<int>(table.columns.size());
    table.columns.push_back(column);
  }
  for (CatalogColumn& column : table.columns) {
    if (column.computed) {
      column.computed = Moved(*std::move(column.computed), places);
    }
  }
  const bool own = !create.watermarks.empty();
  if (!source.watermark || !merging.Takes(LikeFeature::kWatermarks)) {
    return absl::OkStatus();
  }
  if (own) {
    return merging.Of(LikeFeature::kWatermarks) == LikeMerge::kOverwriting
               ? absl::OkStatus()
               : Clash(like.table.location, "a WATERMARK", "WATERMARKS");
  }
  table.watermark = source.watermark;
  table.watermark->column = places[source.watermark->column];
  table.watermark->expr = Moved(source.watermark->expr, places);
  return absl::OkStatus();
}

absl::Status TakeOptions(const CatalogTable& source, const CreateTable& create,
                         const Merging& merging, CatalogTable& table) {
  if (!merging.Takes(LikeFeature::kOptions)) return absl::OkStatus();
  table.options = source.options;
  if (merging.Of(LikeFeature::kOptions) == LikeMerge::kOverwriting) {
    return absl::OkStatus();
  }
  for (const OptionDefinition& option : create.options) {
    if (source.options.contains(option.key)) {
      return Clash(option.key_location,
                   absl::StrCat("option '", option.key, "'"), "OPTIONS");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CatalogTable> BindLikeClause(const TableLike& like,
                                            const CreateTable& create,
                                            const Catalog& catalog) {
  ASSIGN_OR_RETURN(const Catalog::Entry entry, catalog.Resolve(like.table));
  const auto* found = std::get_if<Catalog::TablePtr>(&entry);
  if (found == nullptr) {
    return SqlError({.code = "SQL-0143",
                     .location = like.table.location,
                     .what = "LIKE takes a table, and this is a view",
                     .why = {},
                     .fix = {}});
  }
  const CatalogTable& source = **found;
  const Merging merging(like.options);
  CatalogTable table;
  table.comment = source.comment;
  RETURN_IF_ERROR(TakeColumns(source, like, create, merging, table));
  RETURN_IF_ERROR(TakeOptions(source, create, merging, table));
  if (merging.Takes(LikeFeature::kConstraints) && create.keys.empty()) {
    table.primary_key = source.primary_key;
    table.key_name = source.key_name;
  }
  if (merging.Takes(LikeFeature::kPartitions) &&
      create.partitioned_by.empty()) {
    table.partition_keys = source.partition_keys;
  }
  return table;
}

}  // namespace millrace::sql
