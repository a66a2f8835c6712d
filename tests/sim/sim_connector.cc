#include "tests/sim/sim_connector.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::sim {
namespace {

class SimConnector final : public Connector {
 public:
  explicit SimConnector(World* world) : world_(world) {}

  const std::vector<OptionSpec>& options() const override {
    static const auto& specs = *new std::vector<OptionSpec>{
        {.key = "splits", .default_value = "1", .description = "How many."},
        {.key = "rows", .default_value = "1", .description = "Of a split."},
        {.key = "keys", .default_value = "1", .description = "How many."},
        {.key = "table", .default_value = "dst", .description = "Its name."},
        {.key = "deal", .default_value = "all", .description = "all or one."}};
    return specs;
  }
  absl::StatusOr<Capabilities> Describe(const TableDescriptor&) const override {
    return Capabilities{.source = true,
                        .sink = true,
                        .bounded = true,
                        .sink_mode = ChangelogMode::kRetract};
  }
  absl::StatusOr<std::unique_ptr<SplitEnumerator>> MakeEnumerator(
      const TableDescriptor& table, int parallelism) const override {
    return MakeSimEnumerator(table, parallelism);
  }
  absl::StatusOr<std::unique_ptr<SplitDiscovery>> MakeDiscovery(
      const TableDescriptor& table, int) const override {
    return MakeSimDiscovery(table);
  }
  absl::StatusOr<std::unique_ptr<SplitReader>> MakeReader(
      const TableDescriptor& table, const SourceRequest& request,
      const ConnectorContext&) const override {
    return MakeSimReader(table, request, world_);
  }
  absl::StatusOr<std::unique_ptr<Writer>> MakeWriter(
      const TableDescriptor& table,
      const ConnectorContext& context) const override {
    const auto named = table.options.find("table");
    return MakeSimWriter(
        world_,
        absl::StrCat(named == table.options.end() ? "dst" : named->second, "-",
                     context.job_id, "-", context.attempt, "-",
                     context.subtask),
        context.wake);
  }
  absl::StatusOr<std::unique_ptr<Committer>> MakeCommitter(
      const TableDescriptor&, const ConnectorContext&) const override {
    return MakeSimCommitter(world_);
  }

 private:
  World* const world_;
};

}  // namespace

void RegisterSim(ConnectorRegistry& registry, World* world) {
  registry.Add("sim", std::make_unique<SimConnector>(world));
}

}  // namespace millrace::sim
