#include "runtime/rpc/cluster_codec.h"

#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "proto/cluster.pb.h"
#include "runtime/base/error.h"
#include "runtime/base/rng.h"

namespace millrace {
namespace {

using to_job_manager::Acknowledged;
using to_job_manager::Deployed;
using to_job_manager::Drained;
using to_job_manager::Draining;
using to_job_manager::Ended;
using to_job_manager::FinishLine;
using to_job_manager::Heartbeat;
using to_job_manager::Register;
using to_job_manager::SplitsRequested;
using to_job_manager::Stopped;
using to_task_manager::Abort;
using to_task_manager::Alive;
using to_task_manager::Complete;
using to_task_manager::Deploy;
using to_task_manager::DrainSources;
using to_task_manager::GiveSplits;
using to_task_manager::Refused;
using to_task_manager::Registered;
using to_task_manager::Stop;
using to_task_manager::Trigger;

const AttemptRef kAttempt = {.job_id = std::string(32, 'a'), .attempt = 7};
const SubtaskId kSubtask = {.vertex = VertexId(3), .index = 2};

absl::Status SomeError() {
  return UserError({.code = "SRC-0042", .what = "no such topic",
                    .where = "bids", .why = "\xff not UTF-8",
                    .fix = "Make it."});
}

OperatorSnapshot Snapshot() {
  OperatorSnapshot snapshot = {.uid = "bids", .fingerprint = ~0ull,
                               .subtask = 2};
  snapshot.schemas.push_back({.id = 1, .name = "counts", .key_type = "INT"});
  snapshot.parts.push_back(
      {.form = KeyedPart::Form::kRocksDb,
       .groups = {KeyGroup(3), KeyGroup(128)},
       .files = {{"CURRENT", {.inlined = std::string("\0x", 2)}},
                 {"1.sst",
                  {.file = FileRef{"job/shared/1", 10, 0xffffffff}}}}});
  snapshot.lists.push_back(
      {"splits", Redistribution::kUnion, {"one", "", "three"}});
  return snapshot;
}

std::vector<to_job_manager::Message> ToJobManager() {
  SubtaskReport report = {.subtask = kSubtask, .busy_nanos = 1,
                          .idle_nanos = 2, .back_pressured_nanos = 3,
                          .watermark_holder = "bids-4"};
  report.operators.push_back({VertexId(3), 1, 2, 3, 4, 5, INT64_MIN});
  report.operators.push_back({.vertex = VertexId(4)});
  return {
      Register{"tm-1", -5, "cluster", "0.1.0", 2, "127.0.0.1:6124", 9249,
               int64_t{1} << 40, 8, {"kafka", "json"}},
      Register{},
      Heartbeat{{{kAttempt, {report, report}}, {}}, 123},
      Deployed{kAttempt, absl::OkStatus(), {kSubtask, {}}, {kSubtask}, 1, 2,
               {"gone"}},
      Deployed{kAttempt, SomeError()},
      Drained{kAttempt, kSubtask},
      Ended{kAttempt, kSubtask, absl::OkStatus()},
      Ended{kAttempt, kSubtask, SomeError()},
      SplitsRequested{kAttempt, VertexId(9), 4},
      Acknowledged{kAttempt,
                   {CheckpointId(5), kSubtask,
                    std::vector<OperatorSnapshot>{Snapshot(), {}}}},
      Acknowledged{kAttempt, {CheckpointId(5), kSubtask, SomeError()}},
      Stopped{kAttempt},
      FinishLine{kAttempt, kSubtask, "blackhole: 5 rows"},
      Draining{}};
}

std::vector<to_task_manager::Message> ToTaskManager() {
  return {
      Registered{5, absl::Seconds(1), absl::Nanoseconds(1)},
      Registered{5, absl::Seconds(1), absl::InfiniteDuration()},
      Refused{SomeError()},
      Alive{},
      Deploy{kAttempt, "{}", {{"a", "b"}, {"", ""}},
             {{"tm-1", -7, "h:1"}, {"tm-2", 8, "h:2"}}, {0, 1, 0}, 1,
             std::string("\0manifest", 9), "job/chk-7/manifest"},
      GiveSplits{kAttempt, VertexId(2), 1, {{"s1", "p1"}, {}}, true, true},
      GiveSplits{},
      Trigger{kAttempt, CheckpointId(4), true, 1234},
      Complete{kAttempt, CheckpointId(4), true},
      Abort{kAttempt, CheckpointId(4)},
      Stop{kAttempt},
      DrainSources{kAttempt}};
}

// Damages every message in every way there is; what is decoded all the same is
// encoded again, which reads every field of it.
template <typename Message, typename Decode>
void DamageAll(const std::vector<Message>& messages, Decode decode) {
  Rng rng(1);
  for (const Message& message : messages) {
    const std::string whole = Encode(message);
    for (size_t cut = 0; cut <= whole.size(); ++cut) {
      const auto decoded = decode(whole.substr(0, cut));
      if (decoded.ok()) (void)Encode(*decoded);
    }
    for (int i = 0; i < 2000 && !whole.empty(); ++i) {
      std::string flipped = whole;
      for (uint64_t flips = 1 + rng.Below(3); flips > 0; --flips) {
        flipped[rng.Below(flipped.size())] = static_cast<char>(rng.Next());
      }
      const auto decoded = decode(flipped);
      if (decoded.ok()) (void)Encode(*decoded);
    }
  }
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(rng.Below(64), '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng.Next());
    const auto decoded = decode(bytes);
    if (!decoded.ok()) {
      EXPECT_EQ(decoded.status().code(), absl::StatusCode::kInvalidArgument);
    }
  }
}

// Plain values without a comparison of their own: equal where every field that
// is written is.
TEST(ClusterCodecTest, WhatWasEncodedIsDecodedAsItWas) {
  for (const auto& message : ToJobManager()) {
    const std::string bytes = Encode(message);
    const auto decoded = DecodeToJobManager(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->index(), message.index());
    EXPECT_EQ(Encode(*decoded), bytes);
  }
  for (const auto& message : ToTaskManager()) {
    const std::string bytes = Encode(message);
    const auto decoded = DecodeToTaskManager(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->index(), message.index());
    EXPECT_EQ(Encode(*decoded), bytes);
  }
}

TEST(ClusterCodecTest, FieldsKeepTheirPlaces) {
  const auto beat = DecodeToJobManager(Encode(ToJobManager()[2]));
  const auto& attempt =
      std::get<to_job_manager::Heartbeat>(*beat).attempts.at(0);
  EXPECT_EQ(attempt.attempt, kAttempt);
  const SubtaskReport& report = attempt.subtasks.at(1);
  EXPECT_EQ(report.subtask, kSubtask);
  EXPECT_EQ(report.idle_nanos, 2);
  EXPECT_EQ(report.watermark_holder, "bids-4");
  EXPECT_EQ(report.operators.at(0).bytes_in, 3);
  EXPECT_EQ(report.operators.at(0).late_rows, 5);
  EXPECT_EQ(report.operators.at(0).watermark_ms, INT64_MIN);

  const auto acknowledged = DecodeToJobManager(Encode(ToJobManager()[9]));
  const Acknowledgement& given =
      std::get<to_job_manager::Acknowledged>(*acknowledged).acknowledgement;
  EXPECT_EQ(given.checkpoint, CheckpointId(5));
  EXPECT_EQ(given.snapshots->at(0), Snapshot());

  const auto deploy = DecodeToTaskManager(Encode(ToTaskManager()[4]));
  const auto& deployed = std::get<to_task_manager::Deploy>(*deploy);
  EXPECT_EQ(deployed.processes.at(0).life, -7);
  EXPECT_EQ(deployed.processes.at(1).data_address, "h:2");
  EXPECT_EQ(deployed.process_of_slot, std::vector<int32_t>({0, 1, 0}));
  EXPECT_EQ(deployed.self, 1);
  EXPECT_EQ(deployed.config.at(0).second, "b");

  const auto endless = DecodeToTaskManager(Encode(ToTaskManager()[1]));
  EXPECT_GT(std::get<to_task_manager::Registered>(*endless).heartbeat_timeout,
            absl::Hours(24 * 365 * 100));
}

TEST(ClusterCodecTest, AStatusKeepsItsCodeMessageAndErrorCode) {
  const auto ended = DecodeToJobManager(Encode(ToJobManager()[7]));
  const absl::Status status =
      std::get<to_job_manager::Ended>(*ended).status;
  EXPECT_EQ(status, SomeError());
  EXPECT_EQ(ErrorCode(status), "SRC-0042");
}

TEST(ClusterCodecTest, DamagedBytesAreRefusedWithoutACrash) {
  DamageAll(ToJobManager(), DecodeToJobManager);
  DamageAll(ToTaskManager(), DecodeToTaskManager);
}

TEST(ClusterCodecTest, OfALaterVersionFieldsAreLeftOutAndKindsRefused) {
  // Field 500, a text, behind a message that is known.
  const std::string field("\xa2\x1f\x03new", 6);
  const auto drained =
      DecodeToTaskManager(Encode(to_task_manager::Alive{}) + field);
  ASSERT_TRUE(drained.ok());
  EXPECT_TRUE(std::holds_alternative<to_task_manager::Alive>(*drained));

  for (const absl::Status& unknown :
       {DecodeToTaskManager(field).status(),
        DecodeToJobManager(field).status()}) {
    EXPECT_EQ(unknown.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(unknown.message(),
              "JOB-0070: a message of the cluster cannot be read: it comes "
              "from a newer version: its kind is not known here. Run the same "
              "version of millrace on every machine of the cluster.");
  }
  proto::ToJobManager message;
  message.mutable_acknowledged()->add_snapshots()->add_parts()->set_form(9);
  EXPECT_EQ(DecodeToJobManager(message.SerializeAsString()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ClusterCodecTest, ADeploymentIsRefusedWhoseSlotsAreOfNoProcess) {
  for (const auto& [self, slot] : {std::pair(2, 0), {-1, 0}, {0, 2}, {0, -1}}) {
    to_task_manager::Deploy deploy = {.processes = {{}, {}}, .self = self};
    deploy.process_of_slot = {0, slot};
    EXPECT_EQ(DecodeToTaskManager(Encode(deploy)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace millrace
