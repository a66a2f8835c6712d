#include "connectors/blackhole/blackhole_connector.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/blackhole/row_checksum.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

class BlackholeWriter final : public Writer {
 public:
  explicit BlackholeWriter(std::string table) : table_(std::move(table)) {}

  absl::StatusOr<Accepted> Write(const Batch& batch) override {
    checksum_.Add(batch);
    return Accepted::kAll;
  }
  absl::StatusOr<Accepted> Flush() override { return Accepted::kAll; }
  absl::StatusOr<std::optional<std::string>> Finish() override {
    return absl::StrCat("blackhole ", table_, ": ", checksum_.rows(),
                        " rows, checksum ", checksum_.Text());
  }

 private:
  const std::string table_;
  RowChecksum checksum_;
};

class BlackholeConnector final : public Connector {
 public:
  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *new std::vector<OptionSpec>{};
    return specs;
  }
  // Upserts, as Flink's: the planner may then leave -U out.
  absl::StatusOr<Capabilities> Describe(
      const TableDescriptor& table) const override {
    RETURN_IF_ERROR(ValidateOptions("connector 'blackhole'", table.options,
                                    options()));
    return Capabilities{.sink = true, .sink_mode = ChangelogMode::kUpsert};
  }
  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table, const ConnectorContext&) const override {
    return std::make_unique<BlackholeWriter>(table.name);
  }
};

}  // namespace

void RegisterBlackholeConnector(ConnectorRegistry& registry) {
  registry.Add("blackhole", std::make_unique<BlackholeConnector>());
}

}  // namespace millrace
