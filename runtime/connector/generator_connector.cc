#include "runtime/connector/generator_connector.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/fixed_split_enumerator.h"

namespace millrace {

absl::StatusOr<Poll> GeneratorReader::Next(uint32_t max_rows) {
  const NumberedSplits::Run run = splits_.Next(max_rows);
  Poll poll;
  poll.state = run.state;
  poll.split = run.split;
  poll.retry_after = run.retry_after;
  poll.records = run.count;
  if (run.count > 0) poll.batch = rows_->Make(run);
  return poll;
}

absl::StatusOr<Connector::Capabilities> GeneratorConnector::Describe(
    const TableDescriptor& table) const {
  RETURN_IF_ERROR(ValidateOptions(absl::StrCat("connector '", name_, "'"),
                                  table.options, options_));
  ASSIGN_OR_RETURN(const GeneratedTable generated, open_(table, {}));
  Capabilities can;
  can.source = true;
  can.bounded = generated.splits.row_count > 0;
  return can;
}

absl::StatusOr<std::unique_ptr<SplitEnumerator>>
GeneratorConnector::MakeEnumerator(const TableDescriptor&,
                                   int parallelism) const {
  return std::make_unique<FixedSplitEnumerator>(parallelism);
}

absl::StatusOr<std::unique_ptr<SplitDiscovery>>
GeneratorConnector::MakeDiscovery(const TableDescriptor&,
                                  int parallelism) const {
  return std::make_unique<NumberedSplitDiscovery>(parallelism);
}

absl::StatusOr<std::unique_ptr<SplitReader>> GeneratorConnector::MakeReader(
    const TableDescriptor& table, const SourceRequest& request,
    const ConnectorContext& context) const {
  ASSIGN_OR_RETURN(GeneratedTable generated, open_(table, request));
  return std::make_unique<GeneratorReader>(std::move(generated),
                                           context.clock);
}

}  // namespace millrace
