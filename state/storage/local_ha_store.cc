#include "state/storage/local_ha_store.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "state/storage/envelope.h"

namespace millrace {
namespace {

constexpr Envelope kRecordEnvelope = {.magic = "MLRRECRD", .version = 1};
constexpr size_t kVersionBytes = 8;
constexpr char kDeleted = 0;
constexpr char kValue = 1;

std::string Encode(int64_t version, const std::optional<std::string>& value) {
  std::string body;
  for (size_t i = 0; i < kVersionBytes; ++i) {
    body.push_back(static_cast<char>(version >> (8 * i)));
  }
  body.push_back(value ? kValue : kDeleted);
  if (value) body.append(*value);
  return Seal(kRecordEnvelope, body);
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

absl::Status Stale(const std::string& name, int64_t expected, int64_t found) {
  return absl::AbortedError(absl::StrCat("record ", name, " is at version ",
                                         found, ", not ", expected));
}

}  // namespace

LocalHaStore::LocalHaStore(Disk* disk, const std::string& folder)
    : disk_(disk), folder_(folder) {}

absl::StatusOr<std::unique_ptr<LocalHaStore>> LocalHaStore::Open(
    Disk* disk, const std::string& folder) {
  RETURN_IF_ERROR(disk->MakeDirectory(folder));
  return std::unique_ptr<LocalHaStore>(new LocalHaStore(disk, folder));
}

// Letters, digits, '-' and '_' stand for themselves; names are never hidden
// files, and none ends as WriteDurably's file beside it does.
std::string LocalHaStore::PathOf(const std::string& name) const {
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

absl::StatusOr<std::unique_ptr<Disk::Lock>> LocalHaStore::Lock() {
  return disk_->Acquire(absl::StrCat(folder_, "/.lock"), Disk::IfHeld::kWait);
}

absl::StatusOr<LocalHaStore::Stored> LocalHaStore::Load(
    const std::string& name) {
  const std::string path = PathOf(name);
  const auto bytes = disk_->Read(path);
  if (absl::IsNotFound(bytes.status())) return Stored();
  if (!bytes.ok()) return bytes.status();
  const auto body = Unseal(kRecordEnvelope, *bytes);
  if (!body.ok()) return Damaged(path, body.status().message());
  if (body->size() <= kVersionBytes) return Damaged(path, "it is too short");
  Stored stored;
  for (size_t i = 0; i < kVersionBytes; ++i) {
    stored.version |= static_cast<int64_t>(static_cast<uint8_t>((*body)[i]))
                      << (8 * i);
  }
  if ((*body)[kVersionBytes] == kValue) {
    stored.value = std::string(body->substr(kVersionBytes + 1));
  }
  return stored;
}

absl::StatusOr<std::optional<HaStore::Record>> LocalHaStore::Read(
    const std::string& name) {
  ASSIGN_OR_RETURN(const auto lock, Lock());
  ASSIGN_OR_RETURN(Stored stored, Load(name));
  // A writer that was killed may have left it renamed and not yet durable.
  RETURN_IF_ERROR(disk_->SyncDirectory(folder_));
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
  ASSIGN_OR_RETURN(const auto lock, Lock());
  ASSIGN_OR_RETURN(const Stored before, Load(name));
  const int64_t found = before.value ? before.version : 0;
  if (found != expected) return Stale(name, expected, found);
  const int64_t version = before.version + 1;
  const absl::Status written =
      WriteDurably(*disk_, PathOf(name), Encode(version, value));
  if (written.ok()) return version;
  // What everybody sees now decides, and if that cannot be said either, a Read
  // will: it ends with a sync of the folder.
  const auto now = Load(name);
  if (now.ok() && now->version == before.version) {
    return Annotate(written, absl::StrCat("record ", name,
                                          " was not written"));
  }
  return absl::UnknownError(absl::StrCat("record ", name, " may be written: ",
                                         written.message()));
}

}  // namespace millrace
