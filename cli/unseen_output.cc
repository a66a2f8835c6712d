#include "cli/unseen_output.h"

#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace millrace {
namespace {

Connector::Capabilities CapabilitiesOf(const TableDescriptor& table,
                                       const ConnectorRegistry& connectors) {
  const auto connector = connectors.FindFor(table);
  if (!connector.ok()) return {};
  return (*connector)->Describe(table).value_or(Connector::Capabilities{});
}

}  // namespace

std::string WarningOfUnseenOutput(const JobPlan& plan,
                                  const ConnectorRegistry& connectors,
                                  bool takes_checkpoints) {
  if (takes_checkpoints) return "";
  bool has_end = true;
  std::vector<std::string> tables;
  for (const Vertex& vertex : plan.vertices) {
    if (const auto* source = std::get_if<SourceSpec>(&vertex.spec)) {
      has_end &= CapabilitiesOf(source->table, connectors).bounded;
    } else if (const auto* sink = std::get_if<SinkSpec>(&vertex.spec)) {
      if (CapabilitiesOf(sink->table, connectors).sink_commits) {
        tables.push_back(absl::StrCat("`", sink->table.name, "`"));
      }
    }
  }
  if (has_end || tables.empty()) return "";
  return absl::StrCat(
      "warning: job ", plan.name, " never shows a row of ",
      absl::StrJoin(tables, ", "),
      ": they appear with checkpoints, and it has no end and takes none. Set "
      "'execution.checkpointing.interval' to more than 0");
}

}  // namespace millrace
