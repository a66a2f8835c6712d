#include "state/timers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/hash.h"
#include "runtime/base/status_macros.h"

namespace millrace {
namespace {

constexpr size_t kTimeBytes = 8;
// Keys up to this long lie in the std::string itself.
constexpr size_t kInlineKeyBytes = 15;

// Big endian with the sign flipped: sorts as the numbers do.
std::string TimeBytes(int64_t time_ms) {
  uint64_t bits = static_cast<uint64_t>(time_ms) ^ (uint64_t{1} << 63);
  std::string bytes(kTimeBytes, '\0');
  for (size_t i = kTimeBytes; i-- > 0; bits >>= 8) {
    bytes[i] = static_cast<char>(bits & 0xff);
  }
  return bytes;
}

int64_t ReadTime(absl::string_view bytes) {
  uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<uint8_t>(byte);
  return static_cast<int64_t>(bits ^ (uint64_t{1} << 63));
}

}  // namespace

Timers::Timers(Options options) : options_(std::move(options)) {}

Timers::~Timers() {
  if (options_.memory != nullptr) options_.memory->Give(charged_bytes_);
}

int64_t Timers::CostOf(absl::string_view key) {
  // A tree's nodes are about three quarters full.
  const size_t heap_bytes = key.size() > kInlineKeyBytes ? key.size() + 1 : 0;
  return static_cast<int64_t>(sizeof(Timer) * 4 / 3 + heap_bytes);
}

absl::Status Timers::Charge(const Timer& timer) {
  if (options_.memory == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(options_.memory->Take(CostOf(timer.key), options_.owner));
  charged_bytes_ += CostOf(timer.key);
  return absl::OkStatus();
}

void Timers::Discharge(const Timer& timer) {
  if (options_.memory == nullptr) return;
  charged_bytes_ -= CostOf(timer.key);
  options_.memory->Give(CostOf(timer.key));
}

absl::Status Timers::Register(int64_t time_ms, absl::string_view key) {
  const Timer timer = {.time_ms = time_ms, .key = std::string(key)};
  if (settled_.contains(timer) || fresh_.contains(timer)) {
    return absl::OkStatus();
  }
  if (const auto gone = gone_.find(timer); gone != gone_.end()) {
    settled_.insert(gone_.extract(gone));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Charge(timer));
  fresh_.insert(timer);
  return absl::OkStatus();
}

// What the last snapshot has is kept in mind, and charged, until the next.
void Timers::Remove(TimerSet& from, const Timer& timer) {
  if (&from == &settled_) {
    gone_.insert(settled_.extract(timer));
    return;
  }
  Discharge(timer);
  from.erase(timer);
}

void Timers::Erase(int64_t time_ms, absl::string_view key) {
  const Timer timer = {.time_ms = time_ms, .key = std::string(key)};
  if (settled_.contains(timer)) {
    Remove(settled_, timer);
  } else if (fresh_.contains(timer)) {
    Remove(fresh_, timer);
  }
}

size_t Timers::PopDue(int64_t now_ms, size_t limit, std::vector<Timer>& due) {
  size_t count = 0;
  for (; count < limit && size() > 0 && NextTime() <= now_ms; ++count) {
    const bool from_fresh =
        settled_.empty() ||
        (!fresh_.empty() && *fresh_.begin() < *settled_.begin());
    TimerSet& from = from_fresh ? fresh_ : settled_;
    due.push_back(*from.begin());
    Remove(from, due.back());
  }
  return count;
}

StateSchema Timers::Schema() const {
  return {.id = options_.state_id, .name = options_.name, .version = 1,
          .key_type = absl::StrCat(options_.key_type, ", BIGINT"),
          .value_type = ""};
}

absl::Status Timers::Snapshot(SnapshotWriter& writer) {
  if (writer.extent() == SnapshotWriter::Extent::kNothing) {
    return absl::OkStatus();
  }
  std::vector<std::vector<std::pair<const Timer*, bool>>> groups(
      options_.max_parallelism);
  const auto add = [&](const TimerSet& timers, bool erased) {
    for (const Timer& timer : timers) {
      groups[KeyGroupOf(HashBytes(timer.key), options_.max_parallelism)]
          .emplace_back(&timer, erased);
    }
  };
  add(fresh_, false);
  if (writer.extent() == SnapshotWriter::Extent::kAll) {
    add(settled_, false);
  } else {
    add(gone_, true);
  }
  RETURN_IF_ERROR(writer.BeginState(Schema()));
  for (int group = 0; group < options_.max_parallelism; ++group) {
    for (const auto& [timer, erased] : groups[group]) {
      const std::string key =
          absl::StrCat(timer->key, TimeBytes(timer->time_ms));
      RETURN_IF_ERROR(erased ? writer.Erased(KeyGroup(group), key)
                             : writer.Entry(KeyGroup(group), key, ""));
    }
  }
  Settle();
  return absl::OkStatus();
}

void Timers::Settle() {
  for (const Timer& timer : gone_) Discharge(timer);
  gone_.clear();
  if (settled_.empty()) {
    settled_.swap(fresh_);
  } else {
    settled_.merge(fresh_);
  }
  fresh_.clear();
}

absl::Status Timers::Restore(SnapshotReader& reader) {
  RETURN_IF_ERROR(reader.ReadState(
      Schema(), [this](KeyGroup, absl::string_view key, absl::string_view) {
        if (key.size() < kTimeBytes) {
          return absl::DataLossError(
              absl::StrCat(options_.owner, ": a timer cannot be read"));
        }
        const size_t length = key.size() - kTimeBytes;
        return Register(ReadTime(key.substr(length)), key.substr(0, length));
      }));
  Settle();
  return absl::OkStatus();
}

}  // namespace millrace
