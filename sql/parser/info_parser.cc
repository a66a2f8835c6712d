#include "sql/parser/info_parser.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "sql/parser/option_parser.h"
#include "sql/parser/show_words.h"

namespace millrace::sql {

absl::StatusOr<Statement::Node> InfoParser::ParseSet() {
  Set set;
  if (cursor_.AtEnd() || cursor_.At(";")) return set;
  ASSIGN_OR_RETURN(set.option, OptionParser(cursor_).ParseSetting());
  return set;
}

absl::StatusOr<Statement::Node> InfoParser::ParseReset() {
  Reset reset;
  if (cursor_.AtEnd() || cursor_.At(";")) return reset;
  ASSIGN_OR_RETURN(reset.key, OptionParser(cursor_).ParseKey());
  return reset;
}

absl::StatusOr<ShowKind> InfoParser::ParseShowKind() {
  for (const ShowWords& entry : kShowWords) {
    if (entry.second.empty()) {
      if (cursor_.Accept(entry.first)) return entry.kind;
    } else if (cursor_.Accept(entry.first, entry.second)) {
      return entry.kind;
    }
  }
  return cursor_.Unexpected();
}

absl::StatusOr<Statement::Node> InfoParser::ParseShow() {
  Show show;
  ASSIGN_OR_RETURN(show.what, ParseShowKind());
  const bool of_table = show.what == ShowKind::kCreateTable ||
                        show.what == ShowKind::kCreateView ||
                        show.what == ShowKind::kPartitions;
  if (of_table) {
    ASSIGN_OR_RETURN(show.name, cursor_.TakeObjectName("a table name"));
  } else if (cursor_.Accept("FROM") || cursor_.Accept("IN")) {
    ASSIGN_OR_RETURN(show.name, cursor_.TakeObjectName("a name"));
  } else if (show.what == ShowKind::kColumns) {
    return cursor_.Unexpected();
  }
  ASSIGN_OR_RETURN(show.filter, ParseShowFilter());
  return show;
}

absl::StatusOr<std::optional<ShowFilter>> InfoParser::ParseShowFilter() {
  ShowFilter filter{.negated = cursor_.Accept("NOT")};
  if (cursor_.Accept("ILIKE")) {
    filter.match = ShowMatch::kILike;
  } else if (!cursor_.Accept("LIKE")) {
    if (filter.negated) return cursor_.Unexpected();
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(filter.pattern, cursor_.TakeString("a pattern in quotes"));
  return filter;
}

absl::StatusOr<Statement::Node> InfoParser::ParseDescribe() {
  Describe describe;
  cursor_.Accept("TABLE");
  describe.extended = cursor_.At("EXTENDED", 0) && cursor_.AtName(1);
  if (describe.extended) cursor_.Take();
  ASSIGN_OR_RETURN(describe.name, cursor_.TakeObjectName("a table name"));
  return describe;
}

absl::StatusOr<Statement::Node> InfoParser::ParseUse() {
  Use use;
  if (cursor_.At("CATALOG", 0) && cursor_.AtName(1)) {
    cursor_.Take();
    use.kind = UseKind::kCatalog;
  } else if (cursor_.At("MODULES", 0) && cursor_.AtName(1)) {
    cursor_.Take();
    use.kind = UseKind::kModules;
  }
  do {
    ASSIGN_OR_RETURN(ObjectName name, cursor_.TakeObjectName("a name"));
    use.names.push_back(std::move(name));
  } while (use.kind == UseKind::kModules && cursor_.Accept(","));
  return use;
}

}  // namespace millrace::sql
