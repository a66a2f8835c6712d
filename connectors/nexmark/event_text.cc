#include "connectors/nexmark/event_text.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "runtime/base/rng.h"

namespace millrace::nexmark {
namespace {

constexpr int64_t kPoolBytes = 1 << 20;

constexpr absl::string_view kFirstNames[] = {
    "Peter", "Paul", "Luke",  "John", "Saul", "Vicky",
    "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
constexpr absl::string_view kLastNames[] = {
    "Shultz", "Abrams", "Spencer", "White", "Bartels",
    "Walton", "Smith",  "Jones",   "Noris"};
constexpr absl::string_view kCities[] = {
    "Phoenix", "Palo Alto", "San Mateo",  "Boise",  "Portland",
    "Bend",    "Redmond",   "Seattle",    "Kent",   "Cheyenne"};
constexpr absl::string_view kStates[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr absl::string_view kHotChannels[] = {"Google", "Facebook", "Baidu",
                                              "Apple"};

template <size_t n>
StringView Pick(const absl::string_view (&names)[n], uint64_t draw) {
  return StringView(names[draw % n]);
}

int64_t Scale(uint64_t draw, int64_t limit) {
  return static_cast<int64_t>(
      (static_cast<unsigned __int128>(draw) * limit) >> 64);
}

std::string Word(Rng& rng, int min, int max) {
  std::string word(min + rng.Below(max - min), ' ');
  for (char& c : word) c = static_cast<char>('a' + rng.Below(26));
  return word;
}

}  // namespace

EventText::EventText(const ModelOptions& options) {
  MakePool(options.seed);
  MakeChannels(options.seed);
}

// The public generator takes six letters from each signed 32-bit draw with a
// remainder that keeps the sign, so half of its groups run from 'H' to 'a':
// backslashes included, which JSON must escape.
void EventText::MakePool(uint64_t seed) {
  auto chunk = std::make_shared<Chunk>(kPoolBytes);
  Rng rng(seed ^ 0x5ca1ab1e);
  for (int64_t at = 0; at < kPoolBytes;) {
    int32_t draw = static_cast<int32_t>(rng.Next());
    for (int i = 0; i < 6 && at < kPoolBytes; ++i, draw /= 26) {
      chunk->data()[at++] = static_cast<char>('a' + draw % 26);
    }
  }
  pool_ = chunk->data();
  chunks_.push_back(std::move(chunk));
}

void EventText::MakeChannels(uint64_t seed) {
  StringWriter writer;
  Rng rng(seed ^ 0xc4a77e1);
  const int count = EventModel::kHotChannels + EventModel::kChannels;
  for (int i = 0; i < count; ++i) {
    const bool hot = i < EventModel::kHotChannels;
    const int64_t number = i - EventModel::kHotChannels;
    channels_.push_back(writer.Copy(
        hot ? std::string(kHotChannels[i]) : absl::StrCat("channel-", number)));
    std::string url = absl::StrCat("https://www.nexmark.com/", Word(rng, 3, 5),
                                   "/", Word(rng, 3, 5), "/", Word(rng, 3, 5),
                                   "/item.htm?query=1");
    if (!hot && rng.Below(10) > 0) {
      absl::StrAppend(&url, "&channel_id=", rng.Below(2147483648));
    }
    urls_.push_back(writer.Copy(url));
  }
  for (ChunkRef& chunk : writer.TakeChunks()) {
    chunks_.push_back(std::move(chunk));
  }
}

StringView EventText::Letters(uint64_t draw, int64_t min, int64_t max) const {
  const int64_t length = min + Scale(draw, std::max<int64_t>(max - min, 1));
  const int64_t offset =
      Scale(EventModel::Mix(draw), kPoolBytes - std::max(length, max));
  return StringView(absl::string_view(pool_ + offset, length));
}

StringView EventText::Padding(uint64_t draw, int64_t fixed_bytes,
                              int64_t target_bytes) const {
  const int64_t wanted = target_bytes - fixed_bytes;
  if (wanted <= 0) return StringView();
  const int64_t spread = (wanted + 2) / 5;
  return Letters(draw, wanted - spread, wanted + spread);
}

StringView EventText::FirstName(uint64_t draw) {
  return Pick(kFirstNames, draw);
}
StringView EventText::LastName(uint64_t draw) { return Pick(kLastNames, draw); }
StringView EventText::City(uint64_t draw) { return Pick(kCities, draw); }
StringView EventText::State(uint64_t draw) { return Pick(kStates, draw); }

}  // namespace millrace::nexmark
