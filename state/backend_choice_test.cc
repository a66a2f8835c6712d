#include "state/backend_choice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/posix_disk.h"

namespace millrace {
namespace {

TEST(BackendChoiceTest, RefusesATypeThatIsNone) {
  PosixDisk disk;
  const auto choice = BackendChoice::Make({.type = "hashmap", .disk = &disk});
  EXPECT_EQ(choice.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(choice.status().message(), testing::HasSubstr("'hashmap'"));
}

// Only where there are stores does their cache draw on the budget, and it gives
// back what it drew.
TEST(BackendChoiceTest, DrawsAQuarterOfTheBudgetForRocksDb) {
  PosixDisk disk;
  MemoryBudget memory(400 << 20);
  {
    const auto choice = BackendChoice::Make(
        {.type = "rocksdb", .disk = &disk, .memory = &memory});
    ASSERT_TRUE(choice.ok()) << choice.status();
    EXPECT_EQ(memory.used_bytes(), 100 << 20);
    const auto backend = (*choice)->NewBackend({}, nullptr, nullptr);
    StateStore* const store = backend->StoreFor({.id = 1});
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(store->MayHold({1 << 20, 72 << 20}), 72 << 20);
    EXPECT_EQ(store->MayHold({1 << 20, 73 << 20}), 1 << 20);
  }
  EXPECT_EQ(memory.used_bytes(), 0);
  const auto choice = BackendChoice::Make({.disk = &disk, .memory = &memory});
  ASSERT_TRUE(choice.ok()) << choice.status();
  EXPECT_EQ(memory.used_bytes(), 0);
  EXPECT_EQ((*choice)->NewBackend({}, nullptr, nullptr)->StoreFor({.id = 1}),
            nullptr);
}

}  // namespace
}  // namespace millrace
