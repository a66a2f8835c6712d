#include "taskmanager/fitting_message.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/rpc/cluster_codec.h"

namespace millrace {
namespace {

constexpr int64_t kLimit = 10'000;

to_job_manager::Acknowledged AcknowledgedWith(size_t bytes) {
  OperatorSnapshot snapshot;
  snapshot.lists.push_back(
      {.name = "pending", .items = {std::string(bytes, 'x')}});
  return {.attempt = {"j", 1},
          .acknowledgement = {.checkpoint = CheckpointId(3),
                              .snapshots = {{std::move(snapshot)}}}};
}

TEST(FittingMessageTest, WhatFitsIsSaidAsItIs) {
  const to_job_manager::Message message = AcknowledgedWith(100);
  EXPECT_EQ(EncodeToFit(message, kLimit), Encode(message));
}

TEST(FittingMessageTest, APartOfACheckpointThatIsTooLargeDeclinesIt) {
  const auto said =
      DecodeToJobManager(EncodeToFit(AcknowledgedWith(20'000), kLimit));
  ASSERT_TRUE(said.ok()) << said.status();
  const Acknowledgement& part =
      std::get<to_job_manager::Acknowledged>(*said).acknowledgement;
  EXPECT_EQ(part.checkpoint, CheckpointId(3));
  const std::string text(part.snapshots.status().message());
  EXPECT_TRUE(absl::StartsWith(text, "JOB-0140")) << text;
  EXPECT_TRUE(absl::StrContains(text, "at most 10000")) << text;
}

TEST(FittingMessageTest, ALongReasonIsCut) {
  absl::Status failure = MakeError(absl::StatusCode::kDataLoss,
                                   {.code = "SRC-0001",
                                    .what = std::string(20'000, 'x')});
  const auto said = DecodeToJobManager(EncodeToFit(
      to_job_manager::Ended{{"j", 1}, {}, std::move(failure)}, kLimit));
  ASSERT_TRUE(said.ok()) << said.status();
  const absl::Status& status = std::get<to_job_manager::Ended>(*said).status;
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_EQ(ErrorCode(status), "SRC-0001");
  EXPECT_LT(status.message().size(), 5000u);
}

}  // namespace
}  // namespace millrace
