#include "state/storage/envelope.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/check.h"
#include "state/storage/manifest.h"

namespace millrace {
namespace {

constexpr size_t kMagicBytes = 8;
constexpr size_t kVersionAt = 8;
constexpr size_t kLengthAt = 12;
constexpr size_t kBodyCrcAt = 20;
constexpr size_t kHeaderCrcAt = 24;

template <typename Word>
void AppendWord(Word word, std::string& out) {
  for (size_t i = 0; i < sizeof word; ++i) {
    out.push_back(static_cast<char>(word >> (8 * i)));
  }
}

template <typename Word>
Word WordAt(absl::string_view bytes, size_t at) {
  Word word = 0;
  for (size_t i = 0; i < sizeof word; ++i) {
    word |= static_cast<Word>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return word;
}

}  // namespace

std::string Seal(const Envelope& envelope, absl::string_view body) {
  MILLRACE_CHECK(envelope.magic.size() == kMagicBytes);
  std::string bytes;
  bytes.reserve(Envelope::kHeaderBytes + body.size());
  bytes.append(envelope.magic.data(), kMagicBytes);
  AppendWord<uint32_t>(envelope.version, bytes);
  AppendWord<uint64_t>(body.size(), bytes);
  AppendWord<uint32_t>(Crc32c(body), bytes);
  AppendWord<uint32_t>(Crc32c(bytes), bytes);
  bytes.append(body.data(), body.size());
  return bytes;
}

bool IsSealedAs(const Envelope& envelope, absl::string_view bytes) {
  return bytes.size() >= Envelope::kHeaderBytes &&
         bytes.substr(0, kMagicBytes) == envelope.magic &&
         WordAt<uint32_t>(bytes, kVersionAt) == envelope.version;
}

absl::StatusOr<absl::string_view> Unseal(const Envelope& envelope,
                                         absl::string_view bytes) {
  const auto damaged = [](const auto&... what) {
    return absl::DataLossError(absl::StrCat(what...));
  };
  if (bytes.size() < Envelope::kHeaderBytes) {
    return damaged("it has ", bytes.size(), " bytes, fewer than its header");
  }
  if (bytes.substr(0, kMagicBytes) != envelope.magic) {
    return damaged("it does not begin with ", envelope.magic);
  }
  if (WordAt<uint32_t>(bytes, kHeaderCrcAt) !=
      Crc32c(bytes.substr(0, kHeaderCrcAt))) {
    return damaged("the checksum of its header is wrong");
  }
  const uint32_t version = WordAt<uint32_t>(bytes, kVersionAt);
  if (version != envelope.version) {
    return damaged("it is of format version ", version, ", this program reads ",
                   envelope.version);
  }
  const absl::string_view body = bytes.substr(Envelope::kHeaderBytes);
  const uint64_t length = WordAt<uint64_t>(bytes, kLengthAt);
  if (length != body.size()) {
    return damaged("it should have ", length, " bytes behind its header, not ",
                   body.size());
  }
  if (WordAt<uint32_t>(bytes, kBodyCrcAt) != Crc32c(body)) {
    return damaged("the checksum of its content is wrong");
  }
  return body;
}

}  // namespace millrace
