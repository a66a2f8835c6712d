#include "connectors/print/print_connector.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "connectors/print/row_text.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

class PrintWriter final : public Writer {
 public:
  PrintWriter(std::vector<LogicalType> types, std::string prefix, FILE* out)
      : types_(std::move(types)), prefix_(std::move(prefix)), out_(out) {}

  // One write a batch, so that lines of several subtasks do not mix.
  absl::StatusOr<Accepted> Write(const Batch& batch) override {
    lines_.clear();
    batch.selection().ForEach([&](uint32_t row) {
      lines_.append(prefix_);
      AppendRowText(batch, row, types_, lines_);
      lines_.push_back('\n');
    });
    if (std::fwrite(lines_.data(), 1, lines_.size(), out_) != lines_.size()) {
      return UserError({.code = "SNK-0102",
                        .what = "cannot print rows",
                        .why = std::strerror(errno)});
    }
    return Accepted::kAll;
  }
  absl::StatusOr<Accepted> Flush() override {
    std::fflush(out_);
    return Accepted::kAll;
  }
  absl::Duration FlushInterval() const override {
    return absl::Milliseconds(100);
  }
  absl::StatusOr<std::optional<std::string>> Finish() override {
    std::fflush(out_);
    return std::string();
  }

 private:
  const std::vector<LogicalType> types_;
  const std::string prefix_;
  FILE* const out_;
  std::string lines_;
};

class PrintConnector final : public Connector {
 public:
  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *new std::vector<OptionSpec>{
        {.key = "print-identifier",
         .description = "A name in front of each line"},
        {.key = "standard-error",
         .default_value = "false",
         .description = "true: to standard error"},
        {.key = "sink.parallelism",
         .description = "How many subtasks print; the planner's"}};
    return specs;
  }
  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    RETURN_IF_ERROR(
        ValidateOptions("connector 'print'", table.options, options()));
    const OptionReader reader(table.options, options());
    RETURN_IF_ERROR(reader.Bool("standard-error").status());
    return Capabilities{.sink = true, .sink_mode = ChangelogMode::kRetract};
  }
  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    const OptionReader reader(table.options, options());
    ASSIGN_OR_RETURN(const bool to_stderr, reader.Bool("standard-error"));
    std::vector<LogicalType> types;
    for (const TableColumn& column : table.columns) {
      if (!column.is_virtual) types.push_back(column.type);
    }
    const std::string name = reader.Text("print-identifier").value_or("");
    return std::make_unique<PrintWriter>(std::move(types),
                                         PrintPrefix(name, context),
                                         to_stderr ? stderr : stdout);
  }
};

}  // namespace

std::string PrintPrefix(absl::string_view identifier,
                        const ConnectorContext& context) {
  std::string prefix(identifier);
  if (context.parallelism > 1) {
    absl::StrAppend(&prefix, prefix.empty() ? "" : ":", context.subtask + 1);
  }
  if (!prefix.empty()) prefix.append("> ");
  return prefix;
}

void RegisterPrintConnector(ConnectorRegistry& registry) {
  registry.Add("print", std::make_unique<PrintConnector>());
}

}  // namespace millrace
