#include "state/storage/local_ha_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "state/storage/envelope.h"

namespace millrace {
namespace {

constexpr Envelope kRecordEnvelope = {.magic = "MLRRECRD", .version = 1};
// Of what lies where format 1 has a record that has moved on.
constexpr Envelope kMovedMarker = {.magic = "MLRRECRD", .version = 2};
constexpr size_t kVersionBytes = 8;
constexpr char kDeleted = 0;
constexpr char kValue = 1;
// Of the versions before the highest.
constexpr int64_t kKept = 4;
// How often a record is looked at that others write in the meantime.
constexpr int kLooks = 100;

std::string Encode(int64_t version, const std::optional<std::string>& value,
                   const Envelope& envelope = kRecordEnvelope) {
  std::string body;
  for (size_t i = 0; i < kVersionBytes; ++i) {
    body.push_back(static_cast<char>(version >> (8 * i)));
  }
  body.push_back(value ? kValue : kDeleted);
  if (value) body.append(*value);
  return Seal(envelope, body);
}

absl::Status Damaged(const std::string& path, absl::string_view why) {
  return MakeError(absl::StatusCode::kDataLoss,
                   {.code = "JOB-0043",
                    .what = "a record that says what counts is damaged",
                    .where = path,
                    .why = std::string(why),
                    .fix = "Bring the file back from a copy; without it start "
                           "from a checkpoint with --from-savepoint"});
}

absl::Status Stale(const std::string& name, int64_t expected) {
  return absl::AbortedError(
      absl::StrCat("record ", name, " is not at version ", expected));
}

absl::Status Overtaken(const std::string& name) {
  return absl::AbortedError(
      absl::StrCat("record ", name, " was written meanwhile"));
}

absl::Status InDoubt(const std::string& name, absl::string_view why) {
  return absl::UnknownError(
      absl::StrCat("record ", name, " may be written: ", why));
}

}  // namespace

LocalHaStore::LocalHaStore(Disk* disk, std::string folder,
                           std::unique_ptr<WritingFolder> on_its_way,
                           std::string marker)
    : disk_(disk),
      folder_(std::move(folder)),
      on_its_way_(std::move(on_its_way)),
      never_marker_(std::move(marker)) {}

absl::StatusOr<std::unique_ptr<LocalHaStore>> LocalHaStore::Open(
    Disk* disk, const Options& options) {
  RETURN_IF_ERROR(disk->MakeDirectory(options.folder));
  ASSIGN_OR_RETURN(auto on_its_way, WritingFolder::Open(disk, options.folder,
                                                        options.writer));
  std::string marker =
      on_its_way->Write(Encode(0, std::nullopt, kMovedMarker)).value_or("");
  return std::unique_ptr<LocalHaStore>(
      new LocalHaStore(disk, options.folder, std::move(on_its_way),
                       std::move(marker)));
}

// Letters, digits, '-' and '_' stand for themselves; names are never hidden
// files, and none ends as a record's folder does.
std::string LocalHaStore::FirstPathOf(const std::string& name) const {
  std::string path = absl::StrCat(folder_, "/");
  for (const char c : name) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '_') {
      path.push_back(c);
    } else {
      absl::StrAppendFormat(&path, "%%%02X", static_cast<uint8_t>(c));
    }
  }
  return path;
}

std::string LocalHaStore::FolderOf(const std::string& name) const {
  return FirstPathOf(name) + ".v";
}

std::string LocalHaStore::PathOf(const std::string& name,
                                 int64_t version) const {
  return absl::StrCat(FolderOf(name), "/", version);
}

absl::StatusOr<std::vector<int64_t>> LocalHaStore::Versions(
    const std::string& name) {
  ASSIGN_OR_RETURN(const std::vector<Disk::Entry> files,
                   disk_->List(FolderOf(name)));
  std::vector<int64_t> versions;
  for (const Disk::Entry& file : files) {
    int64_t version = 0;
    if (absl::SimpleAtoi(file.name, &version)) versions.push_back(version);
  }
  std::sort(versions.begin(), versions.end());
  return versions;
}

absl::StatusOr<LocalHaStore::Stored> LocalHaStore::LoadFile(
    const std::string& path, bool is_first) {
  ASSIGN_OR_RETURN(const std::string bytes, disk_->Read(path));
  const bool is_marker = is_first && IsSealedAs(kMovedMarker, bytes);
  const auto body = Unseal(is_marker ? kMovedMarker : kRecordEnvelope, bytes);
  if (!body.ok()) return Damaged(path, body.status().message());
  if (body->size() <= kVersionBytes) return Damaged(path, "it is too short");
  Stored stored = {.is_first = is_first, .is_moved_marker = is_marker};
  for (size_t i = 0; i < kVersionBytes; ++i) {
    stored.version |= static_cast<int64_t>(static_cast<uint8_t>((*body)[i]))
                      << (8 * i);
  }
  if ((*body)[kVersionBytes] == kValue) {
    stored.value = std::string(body->substr(kVersionBytes + 1));
  }
  return stored;
}

// What is found is the record's newest when there is nothing newer afterwards,
// however long the reading took.
absl::StatusOr<LocalHaStore::Stored> LocalHaStore::Load(
    const std::string& name) {
  ASSIGN_OR_RETURN(std::vector<int64_t> before, Versions(name));
  for (int i = 0; i < kLooks; ++i) {
    const int64_t latest = before.empty() ? 0 : before.back();
    const std::string path =
        latest == 0 ? FirstPathOf(name) : PathOf(name, latest);
    auto stored = LoadFile(path, latest == 0);
    ASSIGN_OR_RETURN(std::vector<int64_t> after, Versions(name));
    if ((after.empty() ? 0 : after.back()) != latest) {
      before = std::move(after);
      continue;
    }
    if (latest == 0 && absl::IsNotFound(stored.status())) return Stored();
    if (stored.ok() && latest != 0 && stored->version != latest) {
      return Damaged(path, "it is of another version");
    }
    return stored;
  }
  return absl::UnavailableError(
      absl::StrCat("record ", name, " is written again and again"));
}

absl::StatusOr<std::optional<HaStore::Record>> LocalHaStore::Read(
    const std::string& name) {
  ASSIGN_OR_RETURN(Stored stored, Load(name));
  if (stored.version == 0) return std::nullopt;
  // Its writer may have been killed before its name was durable.
  RETURN_IF_ERROR(
      disk_->SyncDirectory(stored.is_first ? folder_ : FolderOf(name)));
  if (!stored.value) return std::nullopt;
  return Record{.value = *std::move(stored.value), .version = stored.version};
}

absl::StatusOr<int64_t> LocalHaStore::CompareAndSwap(const std::string& name,
                                                     int64_t expected,
                                                     absl::string_view value) {
  return Replace(name, expected, std::string(value));
}

absl::Status LocalHaStore::CompareAndDelete(const std::string& name,
                                            int64_t expected) {
  if (expected == 0) return absl::InvalidArgumentError("nothing to delete");
  return Replace(name, expected, std::nullopt).status();
}

absl::StatusOr<int64_t> LocalHaStore::Replace(
    const std::string& name, int64_t expected,
    std::optional<std::string> value) {
  ASSIGN_OR_RETURN(const Stored before, Load(name));
  if ((before.value ? before.version : 0) != expected) {
    return Stale(name, expected);
  }
  const int64_t version = before.version + 1;
  RETURN_IF_ERROR(ShutOutFormat1(name, before));
  RETURN_IF_ERROR(disk_->MakeDirectory(FolderOf(name)));
  ASSIGN_OR_RETURN(const std::string written,
                   on_its_way_->Write(Encode(version, value)));
  const absl::Status published = Publish(written, PathOf(name, version));
  disk_->Remove(written).IgnoreError();
  if (absl::IsAlreadyExists(published)) return Stale(name, expected);
  if (!published.ok()) {
    // What everybody sees now decides, and if that cannot be said either, a
    // Read will: it ends with a sync of the folder.
    const auto now = Versions(name);
    if (now.ok() && (now->empty() || now->back() < version)) {
      return Annotate(published,
                      absl::StrCat("record ", name, " was not written"));
    }
    return InDoubt(name, published.message());
  }
  RETURN_IF_ERROR(Confirm(name, version));
  return version;
}

// Format 1 loads, writes and renames under the lock: without it one of its
// writers that stood still in between would rename its record over the marker
// when it goes on, and believe that it was written.
absl::Status LocalHaStore::ShutOutFormat1(const std::string& name,
                                          const Stored& before) {
  const bool is_new = before.version == 0;
  if (before.is_moved_marker || (!is_new && !before.is_first)) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const auto lock, Lock());
  ASSIGN_OR_RETURN(const Stored now, Load(name));
  if (now.version != before.version) return Overtaken(name);
  if (now.is_moved_marker) return absl::OkStatus();
  return MarkMoved(name, now);
}

// Of a new record the name is made durable with that of the record's folder,
// which lies beside it and is made next.
absl::Status LocalHaStore::MarkMoved(const std::string& name,
                                     const Stored& stored) {
  const std::string path = FirstPathOf(name);
  if (stored.version == 0 && !never_marker_.empty()) {
    const absl::Status linked = disk_->Link(never_marker_, path);
    if (linked.ok()) return absl::OkStatus();
    if (absl::IsAlreadyExists(linked)) {
      ASSIGN_OR_RETURN(const Stored there, LoadFile(path, /*is_first=*/true));
      return there.is_moved_marker ? absl::OkStatus() : Overtaken(name);
    }
  }
  ASSIGN_OR_RETURN(
      const std::string written,
      on_its_way_->Write(Encode(stored.version, stored.value, kMovedMarker)));
  const absl::Status renamed = disk_->Rename(written, path);
  if (!renamed.ok()) disk_->Remove(written).IgnoreError();
  RETURN_IF_ERROR(renamed);
  return disk_->SyncDirectory(folder_);
}

absl::StatusOr<std::unique_ptr<Disk::Lock>> LocalHaStore::Lock() {
  return disk_->Acquire(folder_ + "/.lock", Disk::IfHeld::kWait);
}

absl::Status LocalHaStore::Publish(const std::string& written,
                                   const std::string& path) {
  const absl::Status linked = disk_->Link(written, path);
  if (!absl::IsFailedPrecondition(linked)) return linked;
  ASSIGN_OR_RETURN(const auto lock, Lock());
  const auto there = disk_->Read(path, 0, 0);
  if (there.ok()) return absl::AlreadyExistsError(path);
  if (!absl::IsNotFound(there.status())) return there.status();
  return disk_->Rename(written, path);
}

absl::Status LocalHaStore::Confirm(const std::string& name, int64_t version) {
  const absl::Status synced = disk_->SyncDirectory(FolderOf(name));
  if (!synced.ok()) return InDoubt(name, synced.message());
  const auto versions = Versions(name);
  if (!versions.ok()) return InDoubt(name, versions.status().message());
  // None of its number was removed before it came, so it was the first, and
  // others have gone on from it; further on nobody can tell.
  if (versions->empty() || versions->back() > version + kKept) {
    return InDoubt(name, "others have written it since");
  }
  // One that stays stands in nobody's way.
  for (const int64_t past : *versions) {
    if (past < version - kKept) disk_->Remove(PathOf(name, past)).IgnoreError();
  }
  return absl::OkStatus();
}

}  // namespace millrace
