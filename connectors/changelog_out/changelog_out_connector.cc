#include "connectors/changelog_out/changelog_out_connector.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/changelog_out/changelog_writer.h"
#include "connectors/filesystem/file_committer.h"
#include "connectors/filesystem/file_listing.h"
#include "connectors/filesystem/staging_area.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

class ChangelogOutConnector final : public Connector {
 public:
  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *new std::vector<OptionSpec>{
        {.key = "path",
         .required = true,
         .description = "A directory; each subtask writes part-<subtask>, and "
                        "part-<subtask>-<checkpoint>-<run> from then on"},
        {.key = "mode",
         .default_value = "retract",
         .description = "retract: every kind of change; upsert: no -U"}};
    return specs;
  }

  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    RETURN_IF_ERROR(ValidateOptions("connector 'changelog-out'", table.options,
                                    options()));
    const OptionReader reader(table.options, options());
    ASSIGN_OR_RETURN(const std::string mode,
                     reader.OneOf("mode", {"retract", "upsert"}));
    RETURN_IF_ERROR(LocalPath(*reader.Text("path")).status());
    return Capabilities{.sink = true,
                        .sink_mode = mode[0] == 'u' ? ChangelogMode::kUpsert
                                                    : ChangelogMode::kRetract,
                        .sink_commits = true};
  }

  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(std::string path, PathOf(table));
    std::vector<LogicalType> types;
    for (const TableColumn& column : table.columns) {
      if (!column.is_virtual) types.push_back(column.type);
    }
    return ChangelogWriter::Open(std::move(path), std::move(types), context);
  }

  absl::StatusOr<std::unique_ptr<Committer>> MakeCommitter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const std::string path, PathOf(table));
    return std::make_unique<FileCommitter>(
        context.disk, StagingFolder(path, context.job_id));
  }

  absl::Status Discard(const TableDescriptor& table,
                       const ConnectorContext& context) const override {
    ASSIGN_OR_RETURN(const std::string path, PathOf(table));
    return RemoveTree(*context.disk, StagingFolder(path, context.job_id));
  }

 private:
  absl::StatusOr<std::string> PathOf(const TableDescriptor& table) const {
    const OptionReader reader(table.options, options());
    ASSIGN_OR_RETURN(const std::string option, reader.RequiredText("path"));
    return LocalPath(option);
  }
};

}  // namespace

void RegisterChangelogOutConnector(ConnectorRegistry& registry) {
  registry.Add("changelog-out", std::make_unique<ChangelogOutConnector>());
}

}  // namespace millrace
