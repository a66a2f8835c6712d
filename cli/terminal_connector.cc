#include "cli/terminal_connector.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/tableau.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/types/value_text.h"

namespace millrace {
namespace {

using Print = std::function<void(absl::string_view)>;

class TerminalWriter final : public Writer {
 public:
  TerminalWriter(const TableDescriptor& table, int max_width, bool heads,
                 Print print)
      : columns_(table.columns),
        tableau_(WithOperation(table), max_width),
        print_(std::move(print)) {
    if (heads) {
      print_(absl::StrCat(tableau_.Rule(), tableau_.Header(),
                          tableau_.Rule()));
    }
  }

  absl::StatusOr<Accepted> Write(const Batch& batch) override {
    std::string lines;
    batch.selection().ForEach([&](uint32_t row) {
      std::vector<std::string> cells = {
          std::string(ToString(batch.kind(row)))};
      for (size_t i = 0; i < columns_.size(); ++i) {
        const Value value = ValueAt(*batch.columns[i], row);
        cells.push_back(value.is_null()
                            ? "<NULL>"
                            : ValueText(value, columns_[i].type));
      }
      lines += tableau_.Row(cells);
      ++row_count_;
    });
    print_(lines);
    return Accepted::kAll;
  }

  absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }

  absl::StatusOr<std::optional<std::string>> Finish() override {
    return absl::StrCat(tableau_.Rule(), "Received a total of ", row_count_,
                        row_count_ == 1 ? " row" : " rows");
  }

 private:
  static std::vector<RowField> WithOperation(const TableDescriptor& table) {
    std::vector<RowField> fields = {{"op", LogicalType::Char(2)}};
    for (const TableColumn& column : table.columns) {
      fields.push_back({column.name, column.type});
    }
    return fields;
  }

  const std::vector<TableColumn> columns_;
  const Tableau tableau_;
  const Print print_;
  int64_t row_count_ = 0;
};

class TerminalConnector final : public Connector {
 public:
  explicit TerminalConnector(Print print) : print_(std::move(print)) {}

  const std::vector<OptionSpec>& options() const override {
    static const auto* const specs = new std::vector<OptionSpec>{
        {"connector", "terminal", true, "'terminal'."},
        {"max-column-width", "30", false,
         "table.display.max-column-width."}};
    return *specs;
  }

  absl::StatusOr<Capabilities> Describe(const TableDescriptor&) const override {
    Capabilities can;
    can.sink = true;
    can.sink_mode = ChangelogMode::kRetract;
    return can;
  }

  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    const OptionReader reader(table.options, options());
    ASSIGN_OR_RETURN(const int64_t max_width, reader.Int("max-column-width"));
    return std::make_unique<TerminalWriter>(
        table, static_cast<int>(max_width), context.subtask == 0, print_);
  }

 private:
  const Print print_;
};

}  // namespace

void RegisterTerminal(ConnectorRegistry& registry,
                      std::function<void(absl::string_view)> print) {
  registry.Add("terminal",
               std::make_unique<TerminalConnector>(std::move(print)));
}

}  // namespace millrace
