#include "state/storage/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "runtime/base/rng.h"
#include "state/storage/crc32c.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

std::string Text(Rng& rng) {
  std::string text;
  for (uint64_t i = rng.Below(6); i > 0; --i) {
    text.push_back(static_cast<char>(rng.Below(256)));
  }
  return text;
}

FileRef AnyFile(Rng& rng) {
  return {.name = Text(rng),
          .size_bytes = static_cast<int64_t>(rng.Below(1 << 20)),
          .crc32c = static_cast<uint32_t>(rng.Next())};
}

OperatorSnapshot AnySnapshot(Rng& rng) {
  OperatorSnapshot snapshot = {.uid = Text(rng),
                               .fingerprint = rng.Next(),
                               .subtask = static_cast<int32_t>(rng.Below(9))};
  for (uint64_t i = rng.Below(3); i > 0; --i) {
    snapshot.schemas.push_back({.id = static_cast<int32_t>(i),
                                .name = Text(rng),
                                .version = 3,
                                .key_type = Text(rng),
                                .value_type = Text(rng)});
  }
  for (uint64_t i = rng.Below(3); i > 0; --i) {
    KeyedPart& part = snapshot.parts.emplace_back();
    part.form = static_cast<KeyedPart::Form>(rng.Below(2));
    part.groups = {.first = KeyGroup(static_cast<int32_t>(rng.Below(64))),
                   .limit = KeyGroup(64)};
    for (uint64_t j = rng.Below(3); j > 0; --j) {
      Blob blob;
      if (rng.Below(2) == 0) {
        blob.file = AnyFile(rng);
      } else {
        blob.inlined = Text(rng);
      }
      part.files.push_back({.name = Text(rng), .blob = blob});
    }
  }
  for (uint64_t i = rng.Below(3); i > 0; --i) {
    snapshot.lists.push_back(
        {.name = Text(rng),
         .redistribution = static_cast<Redistribution>(rng.Below(2)),
         .items = std::vector<std::string>(rng.Below(3), Text(rng))});
  }
  return snapshot;
}

Manifest AnyManifest(uint64_t seed) {
  Rng rng(seed);
  Manifest manifest = {.job_id = Text(rng),
                       .job_name = Text(rng),
                       .checkpoint = CheckpointId(rng.Below(1000)),
                       .is_savepoint = rng.Below(2) == 0,
                       .max_parallelism = 7,
                       .triggered_ms = 1700000000000,
                       .completed_ms = 1700000000001};
  manifest.vertices.push_back({.uid = Text(rng), .parallelism = 3});
  for (uint64_t i = rng.Below(4); i > 0; --i) {
    manifest.operators.push_back(AnySnapshot(rng));
  }
  manifest.enumerators.push_back({.uid = Text(rng), .snapshot = Text(rng)});
  return manifest;
}

TEST(ManifestTest, ComesBackAsItWas) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Manifest manifest = AnyManifest(seed);
    const auto decoded = DecodeManifest(EncodeManifest(manifest));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(*decoded == manifest) << "seed " << seed;
  }
}

void ExpectDataLoss(absl::string_view bytes, absl::string_view how) {
  const auto decoded = DecodeManifest(bytes);
  ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss) << how;
  EXPECT_THAT(std::string(decoded.status().message()), HasSubstr("JOB-0041"));
}

TEST(ManifestTest, EveryFlippedByteAndEveryCutIsDataLoss) {
  const std::string whole = EncodeManifest(AnyManifest(5));
  ASSERT_GT(whole.size(), 100);
  std::string bytes = whole;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bits = 1; bits < 256; ++bits) {
      bytes[at] = static_cast<char>(whole[at] ^ bits);
      ExpectDataLoss(bytes, absl::StrCat("byte ", at));
    }
    bytes[at] = whole[at];
    ExpectDataLoss(whole.substr(0, at), absl::StrCat("cut at ", at));
    ExpectDataLoss(whole.substr(at + 1), absl::StrCat("begins after ", at));
  }
  ExpectDataLoss(absl::StrCat(whole, "x"), "longer");
  ExpectDataLoss(absl::StrCat(whole, whole), "twice");
}

TEST(ManifestTest, RandomDamageIsDataLoss) {
  Rng rng(11);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes = EncodeManifest(AnyManifest(rng.Next()));
    const std::string whole = bytes;
    if (rng.Below(3) == 0) bytes.resize(rng.Below(bytes.size()));
    for (uint64_t flips = rng.Below(20); flips > 0 && !bytes.empty(); --flips) {
      bytes[rng.Below(bytes.size())] ^= static_cast<char>(1 + rng.Below(255));
    }
    if (bytes != whole) ExpectDataLoss(bytes, absl::StrCat("round ", i));
  }
}

TEST(ManifestTest, NamesSayWhoseTheyAreAndBack) {
  EXPECT_EQ(ManifestName("j", CheckpointId(12)), "j/chk-12/manifest");
  for (const char* uid : {"counts", "sums", ""}) {
    const std::string name =
        StateFileName("j", 3, CheckpointId(12), uid, 5, 6);
    EXPECT_THAT(name, testing::StartsWith("j/shared/3-12-"));
    EXPECT_THAT(name, testing::EndsWith("-5-6"));
    EXPECT_EQ(CheckpointOf("j", name), CheckpointId(12)) << name;
  }
  EXPECT_NE(StateFileName("j", 3, CheckpointId(12), "counts", 5, 6),
            StateFileName("j", 3, CheckpointId(12), "sums", 5, 6));
  EXPECT_EQ(CheckpointOf("j", "j/chk-12/manifest"), CheckpointId(12));
  EXPECT_EQ(CheckpointOf("j", "j/shared/3-12-4-5-6"), CheckpointId(12));
  for (const char* name :
       {"k/chk-12/manifest", "j/chk-12/other", "j/chk-/manifest",
        "j/chk-x/manifest", "j/chk-012/manifest", "j/chk- 12/manifest",
        "j/shared/3-12-4-5", "j/shared/3-12-4-5-6-7", "j/shared/3-12-4-5-x",
        "j/shared/", "j/", "j", "", "jj/chk-12/manifest"}) {
    EXPECT_EQ(CheckpointOf("j", name), std::nullopt) << name;
  }
}

TEST(ManifestTest, ListsTheFilesOfAllParts) {
  Manifest manifest;
  for (const char* name : {"a", "b"}) {
    OperatorSnapshot& snapshot = manifest.operators.emplace_back();
    KeyedPart& part = snapshot.parts.emplace_back();
    part.files.push_back({.blob = {.file = FileRef{.name = name}}});
    part.files.push_back({.blob = {.inlined = "small"}});
    part.files.push_back({.blob = {.file = FileRef{.name = "shared"}}});
  }
  std::vector<std::string> names;
  for (const FileRef& file : FilesOf(manifest)) names.push_back(file.name);
  EXPECT_THAT(names, testing::ElementsAre("a", "shared", "b", "shared"));
}

// The values of RFC 3720, B.4.
TEST(Crc32cTest, IsCastagnolis) {
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) {
    rising.push_back(static_cast<char>(i));
    falling.push_back(static_cast<char>(31 - i));
  }
  const struct {
    std::string bytes;
    uint32_t crc;
  } kCases[] = {{"", 0},
                {"123456789", 0xe3069283},
                {std::string(32, '\0'), 0x8a9136aa},
                {std::string(32, '\xff'), 0x62a8ab43},
                {rising, 0x46dd794e},
                {falling, 0x113fdb5c}};
  for (const auto& c : kCases) {
    EXPECT_EQ(Crc32c(c.bytes), c.crc) << c.bytes;
    EXPECT_EQ(Crc32cByTable(c.bytes), c.crc) << c.bytes;
  }
}

TEST(Crc32cTest, GoesOnWhereItStoppedAndAsTheTableSays) {
  Rng rng(3);
  for (int length = 0; length < 100; ++length) {
    std::string bytes;
    for (int i = 0; i < length; ++i) {
      bytes.push_back(static_cast<char>(rng.Next()));
    }
    const absl::string_view view = bytes;
    const uint32_t whole = Crc32c(view);
    EXPECT_EQ(whole, Crc32cByTable(view));
    const size_t cut = rng.Below(length + 1);
    EXPECT_EQ(Crc32c(view.substr(cut), Crc32c(view.substr(0, cut))), whole);
  }
}

}  // namespace
}  // namespace millrace
