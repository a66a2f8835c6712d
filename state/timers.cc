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

int64_t TimeOf(absl::string_view bytes) {
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

absl::Status Timers::Register(int64_t time_ms, absl::string_view key) {
  const auto [timer, added] =
      timers_.insert({.time_ms = time_ms, .key = std::string(key)});
  if (!added || options_.memory == nullptr) return absl::OkStatus();
  const absl::Status taken =
      options_.memory->Take(CostOf(key), options_.owner);
  if (!taken.ok()) {
    timers_.erase(timer);
    return taken;
  }
  charged_bytes_ += CostOf(key);
  return absl::OkStatus();
}

void Timers::Forget(const Timer& timer) {
  if (options_.memory == nullptr) return;
  const int64_t cost = CostOf(timer.key);
  charged_bytes_ -= cost;
  options_.memory->Give(cost);
}

void Timers::Erase(int64_t time_ms, absl::string_view key) {
  const Timer timer = {.time_ms = time_ms, .key = std::string(key)};
  if (timers_.erase(timer) > 0) Forget(timer);
}

size_t Timers::PopDue(int64_t now_ms, size_t limit, std::vector<Timer>& due) {
  size_t count = 0;
  while (count < limit && NextTime() <= now_ms && !timers_.empty()) {
    due.push_back(*timers_.begin());
    timers_.erase(timers_.begin());
    Forget(due.back());
    ++count;
  }
  return count;
}

StateSchema Timers::Schema() const {
  return {.id = options_.state_id, .name = options_.name, .version = 1,
          .key_type = absl::StrCat(options_.key_type, ", BIGINT"),
          .value_type = ""};
}

absl::Status Timers::Snapshot(SnapshotWriter& writer) const {
  std::vector<std::vector<const Timer*>> groups(options_.max_parallelism);
  for (const Timer& timer : timers_) {
    groups[KeyGroupOf(HashBytes(timer.key), options_.max_parallelism)]
        .push_back(&timer);
  }
  RETURN_IF_ERROR(writer.BeginState(Schema()));
  for (int group = 0; group < options_.max_parallelism; ++group) {
    for (const Timer* timer : groups[group]) {
      RETURN_IF_ERROR(writer.Entry(
          KeyGroup(group),
          absl::StrCat(timer->key, TimeBytes(timer->time_ms)), ""));
    }
  }
  return absl::OkStatus();
}

absl::Status Timers::Restore(SnapshotReader& reader) {
  return reader.ReadState(
      Schema(), [this](KeyGroup, absl::string_view key, absl::string_view) {
        if (key.size() < kTimeBytes) {
          return absl::DataLossError(
              absl::StrCat(options_.owner, ": a timer cannot be read"));
        }
        const size_t length = key.size() - kTimeBytes;
        return Register(TimeOf(key.substr(length)), key.substr(0, length));
      });
}

}  // namespace millrace
