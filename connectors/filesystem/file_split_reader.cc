#include "connectors/filesystem/file_split_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "connectors/filesystem/partition_path.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/connector/letter_parts.h"

namespace millrace {
namespace {

// The input that one poll decodes at most: about as many events as a batch
// has rows.
constexpr int64_t kPollBytes = 1 << 20;

Value FileMetadata(const std::string& path, absl::string_view key) {
  struct stat info = {};
  if (key == "file.path") return Value::Text(path);
  if (key == "file.name") {
    return Value::Text(path.substr(path.rfind('/') + 1));
  }
  if (stat(path.c_str(), &info) != 0) return Value::Null();
  if (key == "file.size") return Value::Int(info.st_size);
  return Value::Int(info.st_mtim.tv_sec * 1000 +
                    info.st_mtim.tv_nsec / 1'000'000);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileSplitReader>> FileSplitReader::Open(
    const TableDescriptor& table, FileTable files,
    const SourceRequest& request, const RecordReader::Options& options) {
  auto reader = std::unique_ptr<FileSplitReader>(
      new FileSplitReader(table, std::move(files), options));
  using Source = FileTable::Column::Source;
  SourceRequest wanted;
  for (const SourceRequest::Column& column : request.columns) {
    const FileTable::Column& from = reader->files_.columns[column.path[0]];
    Output output = {.type = table.columns[column.path[0]].type};
    if (from.source == Source::kFormat) {
      output.decoded = static_cast<int>(wanted.columns.size());
      wanted.columns.push_back(column);
      wanted.columns.back().path[0] = from.index;
    } else if (from.source == Source::kPartition) {
      output.partition_key = from.index;
    } else {
      output.metadata_key = *table.columns[column.path[0]].metadata_key;
    }
    reader->outputs_.push_back(std::move(output));
  }
  // The filter's columns are those of `request`; where some are not decoded,
  // it is left to whoever asked.
  if (wanted.columns.size() == request.columns.size()) {
    wanted.filter = request.filter;
  }
  ASSIGN_OR_RETURN(reader->decoder_,
                   reader->files_.format->MakeDecoder(
                       reader->files_.format_request, wanted));
  return reader;
}

absl::Status FileSplitReader::AddSplit(const Split& split) {
  ASSIGN_OR_RETURN(FileSplit file, FileSplit::FromSplit(split));
  splits_.push_back(std::move(file));
  return absl::OkStatus();
}

absl::StatusOr<Poll> FileSplitReader::Next(uint32_t max_rows) {
  Poll poll;
  if (current_ == splits_.size()) {
    poll.retry_after = absl::InfiniteDuration();
    return poll;
  }
  if (reader_ == nullptr) RETURN_IF_ERROR(OpenSplit());
  poll.split = static_cast<int>(current_);
  poll.state = Poll::State::kRows;
  while (decoder_->row_count() < max_rows && poll.bytes < kPollBytes) {
    if (left_.empty()) {
      ASSIGN_OR_RETURN(const bool more, reader_->Next());
      if (!more) {
        poll.state = Poll::State::kEndOfSplit;
        break;
      }
      left_ = reader_->records();
      oversized_told_ = 0;
    }
    const bool has_room = DecodeChunk(max_rows, poll);
    RejectOversized(poll);
    if (!has_room) break;
  }
  poll.batch = Assemble(decoder_->TakeBatch());
  if (poll.state == Poll::State::kEndOfSplit) {
    reader_.reset();
    ++current_;
  } else {
    FileSplit& split = splits_[current_];
    split.next = left_.empty() ? reader_->next_offset()
                               : reader_->OffsetOf(left_.front());
    split.find_record = left_.empty() && reader_->has_no_record_yet();
  }
  return poll;
}

absl::Status FileSplitReader::OpenSplit() {
  const FileSplit& split = splits_[current_];
  ASSIGN_OR_RETURN(auto stream, OpenByteStream(split.path, split.next));
  RecordReader::Options options = options_;
  options.quote = files_.format->QuoteCharacter(files_.format_request.options);
  reader_ = std::make_unique<RecordReader>(split, std::move(stream), options);
  return MakeFileColumns();
}

bool FileSplitReader::DecodeChunk(uint32_t max_rows, Poll& poll) {
  const size_t room = max_rows - decoder_->row_count();
  const size_t offered =
      max_rows == kMaxBatchRows ? left_.size() : std::min(room, left_.size());
  uint32_t done = 0;
  if (offered == left_.size()) {
    done = decoder_->Decode(left_, reader_->chunk(), rejections_);
  } else {
    const std::vector<RawRecord> some(left_.begin(), left_.begin() + offered);
    done = decoder_->Decode(some, reader_->chunk(), rejections_);
  }
  for (Decoder::Rejection& rejection : rejections_) {
    const RawRecord& record = left_[rejection.record];
    poll.rejected.push_back(
        {.origin = {.text = absl::StrCat(splits_[current_].path, ", byte ",
                                         reader_->OffsetOf(record)),
                    .raw = std::string(record.data, record.size_bytes),
                    .source = splits_[current_].path,
                    .position = reader_->OffsetOf(record)},
         .error = std::move(rejection.error)});
  }
  rejections_.clear();
  if (done > 0) {
    const RawRecord& last = left_[done - 1];
    poll.bytes += last.data + last.size_bytes + 1 - left_.front().data;
    poll.records += done;
  }
  left_.erase(left_.begin(), left_.begin() + done);
  return done == offered;
}

void FileSplitReader::RejectOversized(Poll& poll) {
  const int64_t behind = left_.empty() ? reader_->next_offset()
                                       : reader_->OffsetOf(left_.front());
  const auto& oversized = reader_->oversized();
  for (; oversized_told_ < oversized.size(); ++oversized_told_) {
    const RecordReader::Oversized& record = oversized[oversized_told_];
    if (record.offset >= behind) return;
    absl::Status error = UserError(
        {.code = "SRC-0204",
         .what = absl::StrCat("a record of ", record.size_bytes,
                              " bytes is longer than the limit of ",
                              options_.record_limit_bytes),
         .fix = "Raise the table's option 'source.record-size-limit'"});
    Attach({.cut = LetterParts::Whole{record.size_bytes, record.hash}}, error);
    poll.rejected.push_back(
        {.origin = {.text = absl::StrCat(splits_[current_].path, ", byte ",
                                         record.offset),
                    .raw = record.head,
                    .source = splits_[current_].path,
                    .position = record.offset},
         .error = std::move(error)});
    poll.bytes += record.size_bytes;
    ++poll.records;
  }
}

Batch FileSplitReader::Assemble(Batch decoded) const {
  if (file_columns_.empty()) return decoded;
  Batch batch = {.row_count = decoded.row_count, .kinds = decoded.kinds};
  for (size_t i = 0; i < outputs_.size(); ++i) {
    batch.columns.push_back(outputs_[i].decoded < 0
                                ? file_columns_[i]
                                : decoded.columns[outputs_[i].decoded]);
  }
  return batch;
}

absl::Status FileSplitReader::MakeFileColumns() {
  file_columns_.clear();
  if (std::all_of(outputs_.begin(), outputs_.end(),
                  [](const Output& output) { return output.decoded >= 0; })) {
    return absl::OkStatus();
  }
  const std::string& path = splits_[current_].path;
  for (const Output& output : outputs_) {
    Value value;
    if (output.partition_key >= 0) {
      ASSIGN_OR_RETURN(value, PartitionValueOf(
                                  path, partition_keys_[output.partition_key],
                                  output.type));
    } else if (output.decoded < 0) {
      value = FileMetadata(path, output.metadata_key);
    }
    file_columns_.push_back(output.decoded >= 0
                                ? nullptr
                                : Vector::Constant(output.type, value));
  }
  return absl::OkStatus();
}

std::vector<Split> FileSplitReader::Snapshot() const {
  std::vector<Split> open;
  for (size_t i = current_; i < splits_.size(); ++i) {
    open.push_back(splits_[i].ToSplit());
  }
  return open;
}

}  // namespace millrace
