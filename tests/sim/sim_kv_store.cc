#include "tests/sim/sim_kv_store.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "runtime/base/status_macros.h"

namespace millrace::sim {
namespace {

constexpr char kCurrent[] = "CURRENT";
// Of so many tables one is made.
constexpr size_t kMostTables = 4;

void AppendText(absl::string_view text, std::string& out) {
  absl::StrAppend(&out, text.size(), ":", text);
}

// False: there is none.
bool TakeText(absl::string_view& from, std::string& text) {
  const size_t colon = from.find(':');
  size_t size = 0;
  if (colon == from.npos || !absl::SimpleAtoi(from.substr(0, colon), &size) ||
      from.size() - colon - 1 < size) {
    return false;
  }
  text = std::string(from.substr(colon + 1, size));
  from.remove_prefix(colon + 1 + size);
  return true;
}

absl::Status WriteWhole(Disk& disk, const std::string& path,
                        absl::string_view bytes) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Disk::File> file, disk.Create(path));
  RETURN_IF_ERROR(file->Append(bytes));
  return file->Close();
}

}  // namespace

absl::StatusOr<std::unique_ptr<KvStore>> OpenSimKvStore(const std::string& path,
                                                        bool read_only,
                                                        Disk* disk) {
  return SimKvStore::Open(path, read_only, disk);
}

absl::StatusOr<std::unique_ptr<SimKvStore>> SimKvStore::Open(
    const std::string& path, bool read_only, Disk* disk) {
  std::unique_ptr<SimKvStore> store(new SimKvStore(path, disk));
  if (!read_only) RETURN_IF_ERROR(disk->MakeDirectory(path));
  RETURN_IF_ERROR(store->Load());
  return store;
}

absl::Status SimKvStore::Load() {
  const auto current = disk_->Read(absl::StrCat(path_, "/", kCurrent));
  if (absl::IsNotFound(current.status())) return absl::OkStatus();
  if (!current.ok()) return current.status();
  tables_ = absl::StrSplit(*current, '\n');
  if (!absl::SimpleAtoi(tables_.front(), &next_number_)) {
    return absl::DataLossError(absl::StrCat(path_, ": ", *current));
  }
  tables_.erase(tables_.begin());
  for (const std::string& table : tables_) {
    ASSIGN_OR_RETURN(const std::string bytes,
                     disk_->Read(absl::StrCat(path_, "/", table)));
    RETURN_IF_ERROR(Apply(bytes));
  }
  return absl::OkStatus();
}

absl::Status SimKvStore::Apply(absl::string_view table) {
  while (!table.empty()) {
    const char kind = table.front();
    table.remove_prefix(1);
    std::string key, value;
    bool whole = TakeText(table, key);
    if (kind != 'e') whole = whole && TakeText(table, value);
    if (!whole) return absl::DataLossError(absl::StrCat(path_, ": a table"));
    if (kind == 'p') {
      entries_[key] = std::move(value);
    } else if (kind == 'e') {
      entries_.erase(key);
    } else {
      Erase(key, value);
    }
  }
  return absl::OkStatus();
}

void SimKvStore::Erase(const std::string& first, const std::string& limit) {
  entries_.erase(entries_.lower_bound(first),
                 limit.empty() ? entries_.end() : entries_.lower_bound(limit));
}

absl::Status SimKvStore::Write(const StoreRun& run) {
  std::string table;
  for (const StoreRun::Range& range : run.dropped()) {
    table += 'd';
    AppendText(range.first, table);
    AppendText(range.limit, table);
  }
  for (size_t i = 0; i < run.size(); ++i) {
    const StoreRun::Entry entry = run.entry(i);
    table += entry.erased ? 'e' : 'p';
    AppendText(entry.key, table);
    if (!entry.erased) AppendText(entry.value, table);
  }
  unwritten_ += table;
  return Apply(table);
}

absl::Status SimKvStore::Read(
    std::span<const absl::string_view> keys,
    std::vector<std::optional<std::string>>& values) {
  values.clear();
  for (const absl::string_view key : keys) {
    const auto found = entries_.find(std::string(key));
    values.push_back(found == entries_.end()
                         ? std::nullopt
                         : std::make_optional(found->second));
  }
  return absl::OkStatus();
}

absl::Status SimKvStore::Scan(
    absl::string_view first, absl::string_view limit,
    absl::FunctionRef<absl::Status(absl::string_view, absl::string_view)>
        visit) {
  for (auto entry = entries_.lower_bound(std::string(first));
       entry != entries_.end() && (limit.empty() || entry->first < limit);
       ++entry) {
    RETURN_IF_ERROR(visit(entry->first, entry->second));
  }
  return absl::OkStatus();
}

absl::Status SimKvStore::Flush() {
  std::vector<std::string> tables = tables_;
  std::string bytes = unwritten_;
  if (tables.size() >= kMostTables) {
    tables.clear();
    bytes.clear();
    for (const auto& [key, value] : entries_) {
      bytes += 'p';
      AppendText(key, bytes);
      AppendText(value, bytes);
    }
  }
  if (!bytes.empty()) {
    const std::string name = absl::StrCat(next_number_++, ".sst");
    const std::string path = absl::StrCat(path_, "/", name);
    RETURN_IF_ERROR(WriteWhole(*disk_, path, bytes));
    // As RocksDB does: what could not be synced once is lost for good.
    RETURN_IF_ERROR(disk_->SyncFile(path));
    tables.push_back(name);
  }
  tables_ = std::move(tables);
  unwritten_.clear();
  return absl::OkStatus();
}

std::string SimKvStore::Current() const {
  std::string text = absl::StrCat(next_number_);
  for (const std::string& table : tables_) {
    absl::StrAppend(&text, "\n", table);
  }
  return text;
}

absl::StatusOr<std::vector<KvStore::File>> SimKvStore::Link(
    const std::string& directory) {
  RETURN_IF_ERROR(Flush());
  RETURN_IF_ERROR(disk_->MakeDirectory(directory));
  std::vector<File> files;
  for (const std::string& table : tables_) {
    const std::string path = absl::StrCat(path_, "/", table);
    RETURN_IF_ERROR(
        disk_->Link(path, absl::StrCat(directory, "/", table)));
    ASSIGN_OR_RETURN(const std::string bytes, disk_->Read(path));
    files.push_back({.name = table,
                     .size_bytes = static_cast<int64_t>(bytes.size()),
                     .is_immutable = true});
  }
  const std::string current = Current();
  RETURN_IF_ERROR(WriteWhole(
      *disk_, absl::StrCat(directory, "/", kCurrent), current));
  files.push_back({.name = kCurrent,
                   .size_bytes = static_cast<int64_t>(current.size())});
  return files;
}

}  // namespace millrace::sim
