#include "runtime/operators/rejected_row_stage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/batch/vector_value.h"
#include "runtime/connector/letter_parts.h"
#include "runtime/operators/dead_letter_line.h"
#include "runtime/operators/json_string.h"

namespace millrace {
namespace {

// Behind a sink there is nothing.
class NoOutput final : public Output {
 public:
  bool HasRoom() const override { return true; }
  absl::Status Emit(Batch) override {
    return absl::InternalError("a sink gives out rows");
  }
};

absl::Status Unkept(const std::string& folder, const absl::Status& status) {
  return MakeError(
      status.code(),
      {.code = "SRC-0042",
       .what = "quarantined records cannot be kept",
       .where = folder,
       .why = std::string(status.message()),
       .fix = "Make the directory writable, or set 'error-handling.mode' to "
              "'fail' or 'drop'."});
}

Value TextOrNull(const std::string& text) {
  return text.empty() ? Value::Null() : Value::Text(text);
}

Value TextOrNull(const std::optional<std::string>& text) {
  return text ? Value::Text(*text) : Value::Null();
}

Value MessageValue(RejectedField field, const MessageParts& message) {
  switch (field) {
    case RejectedField::kKey: return TextOrNull(message.key);
    case RejectedField::kBadPart:
      return Value::Text(message.bad_key ? "key" : "value");
    case RejectedField::kRecordTime:
      return message.time_ms < 0 ? Value::Null() : Value::Int(message.time_ms);
    case RejectedField::kHeaders: {
      Value::Children entries;
      for (const auto& [name, value] : message.headers) {
        entries.push_back(Value::Text(name));
        entries.push_back(TextOrNull(value));
      }
      return Value::List(std::move(entries));
    }
    default: return Value::Null();
  }
}

Value OriginValue(RejectedField field, const Origin& origin,
                  const LetterParts& parts) {
  const bool has_raw = !parts.message || parts.message->has_value;
  switch (field) {
    case RejectedField::kOrigin: return TextOrNull(origin.text);
    case RejectedField::kSource: return TextOrNull(origin.source);
    case RejectedField::kPartition:
      return origin.partition ? Value::Int(*origin.partition) : Value::Null();
    case RejectedField::kPosition:
      return origin.position ? Value::Int(*origin.position) : Value::Null();
    case RejectedField::kRaw:
      return has_raw ? Value::Text(origin.raw) : Value::Null();
    case RejectedField::kRawText:
      return has_raw && IsUtf8(origin.raw) ? Value::Text(origin.raw)
                                           : Value::Null();
    case RejectedField::kRawSize:
      if (parts.cut) return Value::Int(parts.cut->size_bytes);
      return has_raw ? Value::Int(static_cast<int64_t>(origin.raw.size()))
                     : Value::Null();
    case RejectedField::kRawHash:
      return parts.cut ? Value::Text(absl::StrCat(
                             absl::Hex(parts.cut->hash, absl::kZeroPad16)))
                       : Value::Null();
    default:
      return parts.message ? MessageValue(field, *parts.message)
                           : Value::Null();
  }
}

}  // namespace

// One operator's way in.
class RejectedRowStage::Sink final : public RejectedSink {
 public:
  Sink(RejectedRowStage* stage, std::string op)
      : stage_(*stage), op_(std::move(op)) {}

  absl::Status Write(const RejectedRecord& record, absl::Time now) override {
    stage_.Add(record, op_, now);
    return absl::OkStatus();
  }
  // The next step of the chain does it.
  absl::Status Flush() override { return absl::OkStatus(); }

 private:
  RejectedRowStage& stage_;
  const std::string op_;
};

absl::StatusOr<std::unique_ptr<RejectedRowStage>> RejectedRowStage::Open(
    const TableDescriptor& table, std::unique_ptr<Operator> sink,
    Options options) {
  std::vector<RejectedField> fields = {RejectedField::kLine};
  if (options.lines_folder.empty()) {
    ASSIGN_OR_RETURN(fields, RejectedFieldsOf(table));
  }
  std::vector<LogicalType> types;
  for (const TableColumn& column : table.columns) {
    if (!column.is_virtual) types.push_back(column.type);
  }
  return std::unique_ptr<RejectedRowStage>(
      new RejectedRowStage(std::move(types), std::move(fields),
                           std::move(sink), std::move(options)));
}

std::unique_ptr<RejectedSink> RejectedRowStage::NewSink(std::string op) {
  return std::make_unique<Sink>(this, std::move(op));
}

void RejectedRowStage::Add(const RejectedRecord& record, absl::string_view op,
                           absl::Time now) {
  const LetterParts parts = LetterPartsOf(record.error);
  std::vector<Value> row;
  for (const RejectedField field : fields_) {
    switch (field) {
      case RejectedField::kTime:
        row.push_back(Value::Int(absl::ToUnixMillis(now)));
        break;
      case RejectedField::kJob:
        row.push_back(Value::Text(options_.job));
        break;
      case RejectedField::kAttempt:
        row.push_back(Value::Int(options_.attempt));
        break;
      case RejectedField::kOperator:
        row.push_back(Value::Text(std::string(op)));
        break;
      case RejectedField::kCode:
        row.push_back(
            Value::Text(ErrorCode(record.error).value_or("SRC-0000")));
        break;
      case RejectedField::kMessage:
        row.push_back(Value::Text(std::string(record.error.message())));
        break;
      case RejectedField::kExpression:
        row.push_back(TextOrNull(record.expression));
        break;
      case RejectedField::kLine:
        row.push_back(Value::Text(DeadLetterLine(
            {options_.job, options_.attempt, op}, record, now)));
        break;
      default: row.push_back(OriginValue(field, record.origin, parts));
    }
  }
  waiting_.push_back(std::move(row));
}

absl::StatusOr<Progress> RejectedRowStage::Offer() {
  NoOutput none;
  while (offered_ || !waiting_.empty()) {
    if (!offered_) {
      const size_t count = std::min<size_t>(waiting_.size(), kMaxBatchRows);
      const std::vector<std::vector<Value>> rows(
          std::make_move_iterator(waiting_.begin()),
          std::make_move_iterator(waiting_.begin() + count));
      waiting_.erase(waiting_.begin(), waiting_.begin() + count);
      offered_ = BatchOf(types_, rows);
    }
    const auto progress = sink_->Process(0, *offered_, none);
    if (!progress.ok() && !options_.lines_folder.empty()) {
      return Unkept(options_.lines_folder, progress.status());
    }
    RETURN_IF_ERROR(progress.status());
    if (*progress != Progress::kDone) return *progress;
    offered_.reset();
  }
  return Progress::kDone;
}

absl::StatusOr<Progress> RejectedRowStage::Process(int, const Batch& batch,
                                                   Output& output) {
  if (!output.HasRoom()) return Progress::kOutputFull;
  RETURN_IF_ERROR(output.Emit(batch));
  return Progress::kDone;
}

absl::StatusOr<Progress> RejectedRowStage::Advance(int64_t watermark_ms,
                                                   Output&) {
  ASSIGN_OR_RETURN(const Progress offered, Offer());
  if (offered != Progress::kDone) return offered;
  NoOutput none;
  return sink_->Advance(watermark_ms, none);
}

absl::StatusOr<Progress> RejectedRowStage::Fire(int64_t now_ms, Output&) {
  ASSIGN_OR_RETURN(const Progress offered, Offer());
  if (offered != Progress::kDone) return offered;
  if (sink_->NextTimer() > now_ms) return Progress::kDone;
  NoOutput none;
  return sink_->Fire(now_ms, none);
}

int64_t RejectedRowStage::NextTimer() const {
  const bool waits = offered_.has_value() || !waiting_.empty();
  return waits ? 0 : sink_->NextTimer();
}

absl::StatusOr<Progress> RejectedRowStage::EndInput(Output&) {
  ASSIGN_OR_RETURN(const Progress offered, Offer());
  if (offered != Progress::kDone) return offered;
  NoOutput none;
  return sink_->EndInput(none);
}

absl::StatusOr<Progress> RejectedRowStage::BeforeSnapshot(
    CheckpointId checkpoint, Output&) {
  ASSIGN_OR_RETURN(const Progress offered, Offer());
  if (offered != Progress::kDone) return offered;
  NoOutput none;
  return sink_->BeforeSnapshot(checkpoint, none);
}

absl::Status RejectedRowStage::Snapshot(SnapshotWriter& writer) {
  return sink_->Snapshot(writer);
}

absl::Status RejectedRowStage::Restore(SnapshotReader& reader) {
  return sink_->Restore(reader);
}

absl::Status RejectedRowStage::OnCheckpointComplete(CheckpointId checkpoint,
                                                    bool final) {
  return sink_->OnCheckpointComplete(checkpoint, final);
}

absl::StatusOr<bool> RejectedRowStage::IsSettled() {
  return sink_->IsSettled();
}

}  // namespace millrace
