#pragma once

#include "absl/strings/string_view.h"
#include "sql/parser/ast_statement.h"

namespace millrace::sql {

// SHOW's objects and their words, for parsing and printing.
struct ShowWords {
  ShowKind kind;
  absl::string_view first;
  absl::string_view second = {};
};

// In ShowKind's order.
inline constexpr ShowWords kShowWords[] = {
    {ShowKind::kTables, "TABLES"},
    {ShowKind::kViews, "VIEWS"},
    {ShowKind::kMaterializedTables, "MATERIALIZED", "TABLES"},
    {ShowKind::kFunctions, "FUNCTIONS"},
    {ShowKind::kUserFunctions, "USER", "FUNCTIONS"},
    {ShowKind::kColumns, "COLUMNS"},
    {ShowKind::kCreateTable, "CREATE", "TABLE"},
    {ShowKind::kCreateView, "CREATE", "VIEW"},
    {ShowKind::kCatalogs, "CATALOGS"},
    {ShowKind::kCurrentCatalog, "CURRENT", "CATALOG"},
    {ShowKind::kDatabases, "DATABASES"},
    {ShowKind::kCurrentDatabase, "CURRENT", "DATABASE"},
    {ShowKind::kModules, "MODULES"},
    {ShowKind::kFullModules, "FULL", "MODULES"},
    {ShowKind::kJars, "JARS"},
    {ShowKind::kJobs, "JOBS"},
    {ShowKind::kModels, "MODELS"},
    {ShowKind::kProcedures, "PROCEDURES"},
    {ShowKind::kPartitions, "PARTITIONS"},
};

}  // namespace millrace::sql
