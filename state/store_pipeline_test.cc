#include "state/store_pipeline.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/status_macros.h"
#include "state/store_run_writer.h"

namespace millrace {
namespace {

using testing::ElementsAre;

// A map whose next writes fail, each after its first entry; a link is its
// text at that time.
class MapKvStore final : public KvStore {
 public:
  struct Facts {
    std::map<std::string, std::string> entries;
    int failing_writes = 0;
    std::vector<std::string> links;
  };
  explicit MapKvStore(Facts* facts) : facts_(facts) {}

  absl::Status Write(const StoreRun& run) override {
    auto& entries = facts_->entries;
    for (const StoreRun::Range& range : run.dropped()) {
      entries.erase(entries.lower_bound(range.first),
                    entries.lower_bound(range.limit));
    }
    for (size_t i = 0; i < run.size(); ++i) {
      const StoreRun::Entry entry = run.entry(i);
      if (i == 1 && facts_->failing_writes-- > 0) {
        return absl::UnavailableError("the disk is away");
      }
      entries.erase(std::string(entry.key));
      if (!entry.erased) entries.emplace(entry.key, entry.value);
    }
    return absl::OkStatus();
  }
  absl::Status Read(std::span<const absl::string_view> keys,
                    std::vector<std::optional<std::string>>& values) override {
    values.clear();
    for (const absl::string_view key : keys) {
      const auto entry = facts_->entries.find(std::string(key));
      values.push_back(entry == facts_->entries.end()
                           ? std::nullopt
                           : std::optional(entry->second));
    }
    return absl::OkStatus();
  }
  absl::Status Scan(absl::string_view first, absl::string_view limit,
                    absl::FunctionRef<absl::Status(absl::string_view,
                                                   absl::string_view)>
                        visit) override {
    for (const auto& [key, value] : facts_->entries) {
      if (key < first || (!limit.empty() && key >= limit)) continue;
      RETURN_IF_ERROR(visit(key, value));
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<File>> Link(const std::string&) override {
    facts_->links.push_back(absl::StrJoin(facts_->entries, " ",
                                          absl::PairFormatter("=")));
    return std::vector<File>();
  }

 private:
  Facts* facts_;
};

class StorePipelineTest : public testing::Test {
 protected:
  // "a=1 b=2 -c" as a run: puts, and erasures behind a minus.
  void Push(const std::vector<std::string>& changes) {
    auto run = std::make_unique<StoreRun>();
    for (const std::string& change : changes) {
      if (change[0] == '-') {
        run->Erase("", change.substr(1));
      } else {
        run->Put("", change.substr(0, 1), change.substr(2));
      }
    }
    pipeline_.Push(std::move(run));
  }
  void PushDrop(std::string first, std::string limit) {
    auto run = std::make_unique<StoreRun>();
    run->Drop({std::move(first), std::move(limit)});
    pipeline_.Push(std::move(run));
  }
  // What reads say of the keys a to d.
  std::string Seen() {
    const std::vector<absl::string_view> keys = {"a", "b", "c", "d"};
    std::vector<std::optional<std::string>> values;
    EXPECT_TRUE(pipeline_.Read(keys, values).ok());
    std::vector<std::string> texts;
    for (const auto& value : values) texts.push_back(value.value_or("-"));
    std::vector<std::pair<std::string, std::string>> all;
    EXPECT_TRUE(pipeline_.ReadPrefix("", all).ok());
    std::vector<std::string> scanned(4, "-");
    for (const auto& [key, value] : all) scanned[key[0] - 'a'] = value;
    EXPECT_EQ(scanned, texts);
    return absl::StrJoin(texts, "");
  }
  absl::Status Link(int64_t checkpoint) {
    return pipeline_.Link(CheckpointId(checkpoint), "").status();
  }

  MapKvStore::Facts facts_;
  StorePipeline pipeline_{[this]() -> absl::StatusOr<std::unique_ptr<KvStore>> {
    return std::make_unique<MapKvStore>(&facts_);
  }};
};

TEST_F(StorePipelineTest, ReadsSeeEveryRunInItsOrder) {
  Push({"a=1", "b=1", "c=1"});
  ASSERT_TRUE(pipeline_.Drain().ok());
  pipeline_.PushBarrier(CheckpointId(1));
  Push({"a=2", "-b"});
  EXPECT_EQ(Seen(), "2-1-");
  PushDrop("a", "c");
  Push({"b=3", "d=3"});
  EXPECT_EQ(Seen(), "-313");
  ASSERT_TRUE(Link(1).ok());
  EXPECT_EQ(Seen(), "-313");
  EXPECT_EQ(pipeline_.waiting_bytes(), 0);
}

TEST_F(StorePipelineTest, NoLaterRunIsInALink) {
  Push({"a=1"});
  pipeline_.PushBarrier(CheckpointId(1));
  Push({"a=2"});
  ASSERT_TRUE(pipeline_.Drain().ok());
  EXPECT_GT(pipeline_.waiting_bytes(), 0);
  pipeline_.PushBarrier(CheckpointId(2));
  Push({"a=3"});
  ASSERT_TRUE(Link(1).ok());
  ASSERT_TRUE(Link(2).ok());
  EXPECT_THAT(facts_.links, ElementsAre("a=1", "a=2"));
}

TEST_F(StorePipelineTest, ALaterLinkTakesEarlierBarriersAway) {
  Push({"a=1"});
  pipeline_.PushBarrier(CheckpointId(1));
  Push({"a=2"});
  pipeline_.PushBarrier(CheckpointId(2));
  ASSERT_TRUE(Link(2).ok());
  EXPECT_THAT(facts_.links, ElementsAre("a=2"));
  EXPECT_EQ(Link(1).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Link(2).code(), absl::StatusCode::kAborted);
}

TEST_F(StorePipelineTest, AnAbandonedBarrierHoldsNothingBack) {
  pipeline_.PushBarrier(CheckpointId(1));
  Push({"a=1"});
  pipeline_.Abandon(CheckpointId(1));
  ASSERT_TRUE(pipeline_.Drain().ok());
  EXPECT_EQ(facts_.entries["a"], "1");
  EXPECT_EQ(Link(1).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(facts_.links.empty());
}

// A run that was written in part is written again, whole.
TEST_F(StorePipelineTest, WhatFailsIsWrittenAgain) {
  Push({"a=1", "b=1"});
  Push({"b=2", "-a"});
  facts_.failing_writes = 1;
  EXPECT_EQ(pipeline_.Drain().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(pipeline_.write_status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Seen(), "-2--");
  pipeline_.PushBarrier(CheckpointId(1));
  facts_.failing_writes = 1;
  EXPECT_EQ(Link(1).code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(facts_.links.empty());
  ASSERT_TRUE(Link(1).ok());
  EXPECT_THAT(facts_.links, ElementsAre("b=2"));
  EXPECT_TRUE(pipeline_.write_status().ok());
}

TEST(StoreKeyTest, ARangeIsItsPrefixAndNothingMore) {
  const std::string head = StoreKeyHead(KeyGroup(1), 255);
  EXPECT_EQ(head, std::string("\0\1\0\xff", 4));
  EXPECT_EQ(EndOfPrefix(head), std::string("\0\1\1", 3));
  EXPECT_EQ(EndOfPrefix("a"), "b");
  EXPECT_EQ(EndOfPrefix("a\xff\xff"), "b");
  EXPECT_EQ(EndOfPrefix("\xff"), "");
}

// Entries of one state that a barrier froze.
class NumberedRest final : public SnapshotRest {
 public:
  NumberedRest(SnapshotWriter* writer, int32_t state_id, uint32_t left)
      : writer_(writer), state_id_(state_id), left_(left) {}

  absl::StatusOr<uint32_t> WriteOn(uint32_t limit) override {
    uint32_t done = 0;
    for (; done < limit && left_ > 0; ++done, --left_) {
      RETURN_IF_ERROR(writer_->LateEntry(state_id_, KeyGroup(0),
                                         absl::StrCat(left_), "value"));
    }
    return done;
  }

 private:
  SnapshotWriter* const writer_;
  const int32_t state_id_;
  uint32_t left_;
};

TEST_F(StorePipelineTest, ARestThatIsWrittenIsSeenBeforeTheNextIs) {
  StoreRunWriter writer(&pipeline_, CheckpointId(1),
                        SnapshotWriter::Extent::kAll,
                        {.first = KeyGroup(0), .limit = KeyGroup(1)});
  const auto seen = [&] {
    std::vector<std::pair<std::string, std::string>> all;
    EXPECT_TRUE(pipeline_.ReadPrefix("", all).ok());
    return all.size();
  };
  writer.AddRest(std::make_unique<NumberedRest>(&writer, 1, 2));
  writer.AddRest(std::make_unique<NumberedRest>(&writer, 2, 2));
  EXPECT_FALSE(*writer.WriteRest(3));
  EXPECT_EQ(seen(), 2);
  EXPECT_TRUE(*writer.WriteRest(3));
  EXPECT_EQ(seen(), 4);
}

}  // namespace
}  // namespace millrace
