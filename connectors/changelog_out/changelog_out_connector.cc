#include "connectors/changelog_out/changelog_out_connector.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/changelog_out/change_line.h"
#include "connectors/filesystem/file_listing.h"
#include "connectors/filesystem/output_file.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

// Writes part-<subtask>: readable whole once the job has ended.
class ChangelogOutWriter final : public Writer {
 public:
  ChangelogOutWriter(std::vector<LogicalType> types,
                     std::unique_ptr<OutputFile> file)
      : types_(std::move(types)), file_(std::move(file)) {}

  absl::StatusOr<Accepted> Write(const Batch& batch) override {
    lines_.clear();
    batch.selection().ForEach([&](uint32_t row) {
      AppendChangeLine(batch, row, types_, lines_);
    });
    RETURN_IF_ERROR(file_->Append(lines_));
    return Accepted::kAll;
  }

  absl::StatusOr<Accepted> Flush() override {
    RETURN_IF_ERROR(file_->Flush());
    return Accepted::kAll;
  }

  // Lines of an unbounded job can be followed with `tail -f`.
  absl::Duration FlushInterval() const override { return absl::Seconds(1); }

  absl::StatusOr<std::string> Finish() override {
    RETURN_IF_ERROR(file_->Close());
    return std::string();
  }

 private:
  const std::vector<LogicalType> types_;
  std::unique_ptr<OutputFile> file_;
  std::string lines_;
};

class ChangelogOutConnector final : public Connector {
 public:
  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *new std::vector<OptionSpec>{
        {.key = "path",
         .required = true,
         .description = "A directory; each subtask writes part-<subtask>"},
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
                                                    : ChangelogMode::kRetract};
  }

  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    const OptionReader reader(table.options, options());
    ASSIGN_OR_RETURN(const std::string option, reader.RequiredText("path"));
    ASSIGN_OR_RETURN(const std::string path, LocalPath(option));
    ASSIGN_OR_RETURN(auto file, OutputFile::Create(absl::StrCat(
                                    path, "/part-", context.subtask)));
    std::vector<LogicalType> types;
    for (const TableColumn& column : table.columns) {
      if (!column.is_virtual) types.push_back(column.type);
    }
    return std::make_unique<ChangelogOutWriter>(std::move(types),
                                                std::move(file));
  }
};

}  // namespace

void RegisterChangelogOutConnector(ConnectorRegistry& registry) {
  registry.Add("changelog-out", std::make_unique<ChangelogOutConnector>());
}

}  // namespace millrace
