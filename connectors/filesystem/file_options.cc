#include "connectors/filesystem/file_options.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

std::vector<OptionSpec> SourceSpecs() {
  return {
      {.key = "path",
       .required = true,
       .description = "A file or a directory, which is read with all below it"},
      {.key = "format",
       .required = true,
       .description = "How records are written: json, csv, raw"},
      {.key = "source.monitor-interval",
       .description = "How often the directory is looked at for new files, "
                      "for ever; without it the source ends with the files "
                      "that are there"},
      {.key = "source.record-size-limit",
       .default_value = "8 mb",
       .description = "A longer record is rejected; at most 64 mb"},
      {.key = "partition.default-name",
       .default_value = "__DEFAULT_PARTITION__",
       .description = "The folder of a NULL partition value"}};
}

std::vector<OptionSpec> SinkSpecs() {
  return {
      {.key = "sink.rolling-policy.file-size",
       .default_value = "128 mb",
       .description = "A part file of this size is closed"},
      {.key = "sink.rolling-policy.rollover-interval",
       .default_value = "30 min",
       .description = "A part file of this age is closed"},
      {.key = "sink.rolling-policy.check-interval",
       .default_value = "1 min",
       .description = "How often ages are looked at"},
      {.key = "sink.partition-commit.trigger",
       .default_value = "process-time",
       .description = "process-time, or partition-time (needs a watermark)"},
      {.key = "sink.partition-commit.delay",
       .default_value = "0 s",
       .description = "A partition is committed this long after its time"},
      {.key = "sink.partition-commit.policy.kind",
       .description = "What marks a committed partition: success-file"},
      {.key = "sink.partition-commit.success-file.name",
       .default_value = "_SUCCESS",
       .description = "The name of the mark"},
      {.key = "sink.partition-commit.watermark-time-zone",
       .default_value = "UTC",
       .description = "The zone of partition times: UTC"},
      {.key = "partition.time-extractor.kind",
       .default_value = "default",
       .description = "default: by the pattern below"},
      {.key = "partition.time-extractor.timestamp-pattern",
       .default_value = "",
       .description = "How partition columns make a timestamp: "
                      "'$dt $hour:00:00'"},
      {.key = "partition.time-extractor.timestamp-formatter",
       .default_value = "yyyy-MM-dd HH:mm:ss",
       .description = "How that timestamp reads"},
      {.key = "sink.parallelism",
       .description = "How many subtasks write; the planner's"},
      {.key = "sink.shuffle-by-partition.enable",
       .default_value = "false",
       .description = "Accepted: rows are written where they arrive"}};
}

}  // namespace

const std::vector<OptionSpec>& FileOptionSpecs() {
  static const auto& specs = *[] {
    auto* all = new std::vector<OptionSpec>(SourceSpecs());
    for (OptionSpec& spec : SinkSpecs()) all->push_back(std::move(spec));
    return all;
  }();
  return specs;
}

absl::StatusOr<FileOptions> ReadFileOptions(const TableDescriptor& table) {
  const OptionReader reader(table.options, FileOptionSpecs());
  FileOptions read;
  if (reader.Text("source.monitor-interval")) {
    ASSIGN_OR_RETURN(read.monitor_interval,
                     reader.Duration("source.monitor-interval"));
  }
  ASSIGN_OR_RETURN(read.record_limit_bytes,
                   reader.SizeBytes("source.record-size-limit"));
  if (read.record_limit_bytes > 64 << 20 || read.record_limit_bytes < 1) {
    return UserError({.code = "SQL-0903",
                      .what = "option 'source.record-size-limit' is not "
                              "between 1 byte and 64 mb"});
  }
  ASSIGN_OR_RETURN(read.part_size_bytes,
                   reader.SizeBytes("sink.rolling-policy.file-size"));
  ASSIGN_OR_RETURN(read.rollover_interval,
                   reader.Duration("sink.rolling-policy.rollover-interval"));
  ASSIGN_OR_RETURN(read.check_interval,
                   reader.Duration("sink.rolling-policy.check-interval"));
  read.default_partition_name = *reader.Text("partition.default-name");
  ASSIGN_OR_RETURN(const std::string trigger,
                   reader.OneOf("sink.partition-commit.trigger",
                                {"process-time", "partition-time"}));
  read.commit_by_partition_time = trigger[1] == 'a';
  ASSIGN_OR_RETURN(read.commit_delay,
                   reader.Duration("sink.partition-commit.delay"));
  const auto kinds = reader.Text("sink.partition-commit.policy.kind");
  for (absl::string_view kind :
       absl::StrSplit(kinds.value_or(""), ',', absl::SkipWhitespace())) {
    kind = absl::StripAsciiWhitespace(kind);
    if (kind != "success-file") {
      return UserError(
          {.code = "SQL-0903",
           .what = absl::StrCat("option 'sink.partition-commit.policy.kind' "
                                "has '", kind, "', which is not built"),
           .fix = "Write 'success-file' or leave it out"});
    }
    read.success_file = true;
  }
  read.success_file_name =
      *reader.Text("sink.partition-commit.success-file.name");
  RETURN_IF_ERROR(
      reader.OneOf("partition.time-extractor.kind", {"default"}).status());
  read.timestamp_pattern =
      *reader.Text("partition.time-extractor.timestamp-pattern");
  read.timestamp_formatter =
      *reader.Text("partition.time-extractor.timestamp-formatter");
  return read;
}

}  // namespace millrace
