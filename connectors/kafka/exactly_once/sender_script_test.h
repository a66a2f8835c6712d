#pragma once

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "connectors/kafka/exactly_once/epoch_sender.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace millrace::kafka {

// An EpochSender that is told of events as words and says its actions so.
//
//   start
//   begin EPOCH ...    lineage:sequence, then "xN" of N chunks (1), "=ID" of
//                      another id ("own"), "!lineage:sequence@offset" with an
//                      acknowledged marker
//   ok [OFFSET] | suspect | retriable | fenced | unknown | refused | too-large
//   none | lost | has lineage:sequence:chunk[,ancestor ...]@OFFSET
//                      what a read finds
//   later SECONDS      time passes
//
// "3:ok" answers session 3, else the one that was asked last. Actions are
// joined by ", ":
//
//   open 1 own | close 1 | 1 REQUEST [after 50ms] | 1 send EPOCH/CHUNK
//   warn | fail SNK-0306 | done (what was begun)
class SenderScript {
 public:
  explicit SenderScript(EpochSender::Options options)
      : sender_(std::move(options)) {}

  std::string Tell(absl::string_view text) {
    const std::vector<absl::string_view> words = absl::StrSplit(text, ' ');
    if (words[0] == "later") {
      now_nanos_ += std::stoll(std::string(words[1])) * 1'000'000'000;
      return "";
    }
    if (words[0] == "start") return Step(EpochSender::Start());
    if (words[0] == "begin") {
      EpochSender::Begin begin;
      for (size_t i = 1; i < words.size(); ++i) {
        begin.epochs.push_back(EpochOf(words[i]));
      }
      begun_ = true;
      return Step(std::move(begin));
    }
    return Step(AnswerOf(words));
  }

  EpochSender& sender() { return sender_; }

 private:
  static CommitPosition PositionOf(absl::string_view text) {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
    CommitPosition position = {.lineage = std::string(parts[0])};
    EXPECT_TRUE(absl::SimpleAtoi(parts[1], &position.sequence)) << text;
    if (parts.size() > 2) {
      EXPECT_TRUE(absl::SimpleAtoi(parts[2], &position.chunk)) << text;
    }
    return position;
  }

  static SealedEpoch EpochOf(absl::string_view text) {
    SealedEpoch epoch;
    std::pair<absl::string_view, absl::string_view> cut =
        absl::StrSplit(text, absl::MaxSplits('!', 1));
    if (!cut.second.empty()) {
      const std::pair<absl::string_view, absl::string_view> at =
          absl::StrSplit(cut.second, '@');
      AcknowledgedMarker known = {.position = PositionOf(at.first)};
      EXPECT_TRUE(absl::SimpleAtoi(at.second, &known.offset));
      epoch.acknowledged = known;
    }
    cut = absl::StrSplit(cut.first, absl::MaxSplits('=', 1));
    epoch.transactional_id =
        cut.second.empty() ? "own" : std::string(cut.second);
    cut = absl::StrSplit(cut.first, absl::MaxSplits('x', 1));
    epoch.chunks.resize(
        cut.second.empty() ? 1 : std::stoi(std::string(cut.second)));
    const CommitPosition position = PositionOf(cut.first);
    epoch.lineage = position.lineage;
    epoch.sequence = position.sequence;
    epoch.commits_topic = "commits";
    return epoch;
  }

  EpochSender::Answered AnswerOf(std::vector<absl::string_view> words) {
    EpochSender::Answered event = {.session = asked_, .answer = {}};
    const std::pair<absl::string_view, absl::string_view> cut =
        absl::StrSplit(words[0], absl::MaxSplits(':', 1));
    if (!cut.second.empty()) {
      EXPECT_TRUE(absl::SimpleAtoi(cut.first, &event.session));
      words[0] = cut.second;
    }
    using session::Outcome;
    const std::pair<absl::string_view, Outcome> outcomes[] = {
        {"suspect", Outcome::kSuspect},     {"retriable", Outcome::kRetriable},
        {"fenced", Outcome::kFenced},       {"unknown", Outcome::kUnknown},
        {"refused", Outcome::kRefused},     {"too-large", Outcome::kRefused}};
    for (const auto& [word, outcome] : outcomes) {
      if (words[0] == word) event.answer.outcome = outcome;
    }
    event.answer.is_too_large = words[0] == "too-large";
    if (words[0] == "has") TakeMarker(words[1], event);
    event.answer.is_out_of_range = words[0] == "lost";
    if (words[0] == "ok" && words.size() > 1) {
      EXPECT_TRUE(absl::SimpleAtoi(words[1], &event.answer.offset));
    }
    session::TopicFacts topic = {
        .name = "out", .exists = true, .partitions = 8, .replicas = 3,
        .config = {{"cleanup.policy", "compact"}}};
    if (words[0] == "ok-takes-1000") topic.config["max.message.bytes"] = "1000";
    event.answer.topics = {topic, topic};
    return event;
  }

  void TakeMarker(absl::string_view text, EpochSender::Answered& event) {
    const std::pair<absl::string_view, absl::string_view> at =
        absl::StrSplit(text, '@');
    const std::vector<absl::string_view> list = absl::StrSplit(at.first, ',');
    CommitMarker marker = {.position = PositionOf(list[0])};
    for (size_t i = 1; i < list.size(); ++i) {
      marker.ancestors.push_back(PositionOf(list[i]));
    }
    EXPECT_TRUE(absl::SimpleAtoi(at.second, &event.answer.offset));
    event.answer.marker = marker.Encode(key_);
  }

  std::string Step(EpochSender::Event event) {
    const EpochSender::Actions actions =
        sender_.Step(std::move(event), now_nanos_);
    std::vector<std::string> said;
    for (const EpochSender::Action& action : actions.list) {
      said.push_back(Say(action));
    }
    if (!actions.warnings.empty()) said.push_back("warn");
    if (!actions.failed.ok()) {
      said.push_back("fail " + ErrorCode(actions.failed).value_or("?"));
    }
    if (begun_ && sender_.is_done()) {
      said.push_back("done");
      begun_ = false;
    }
    return absl::StrJoin(said, ", ");
  }

  std::string Say(const EpochSender::Action& action) {
    if (const auto* open = std::get_if<EpochSender::Open>(&action)) {
      const bool is_usual = open->batch_bytes == SessionOptions::kBatchBytes;
      return absl::StrCat("open ", open->session, " ", open->transactional_id,
                          is_usual ? "" : " in batches of ",
                          is_usual ? "" : absl::StrCat(open->batch_bytes));
    }
    if (const auto* close = std::get_if<EpochSender::Close>(&action)) {
      return absl::StrCat("close ", close->session);
    }
    if (const auto* send = std::get_if<EpochSender::Send>(&action)) {
      asked_ = send->session;
      return absl::StrCat(send->session, " send ", send->epoch, "/",
                          send->chunk);
    }
    const auto& ask = std::get<EpochSender::Ask>(action);
    asked_ = ask.session;
    return absl::StrCat(ask.session, " ", Say(ask.request),
                        ask.wait > absl::ZeroDuration() ? " after " : "",
                        ask.wait > absl::ZeroDuration()
                            ? absl::FormatDuration(ask.wait) : "");
  }

  std::string Say(const session::Request& request) {
    if (const auto* read = std::get_if<session::ReadMarkers>(&request)) {
      key_ = read->key;
      return absl::StrCat("read ", read->from_offset);
    }
    if (const auto* marker = std::get_if<session::SendMarker>(&request)) {
      std::string value = marker->value;
      const std::vector<std::string> fields = absl::StrSplit(value, ' ');
      return absl::StrCat("mark ", fields[1], ":", fields[2], ":", fields[3],
                          fields[4] == "-" ? "" : "," + fields[4]);
    }
    static constexpr const char* kNames[] = {
        "describe", "make", "init", "nonce", "read", "send", "mark", "commit"};
    return kNames[request.index()];
  }

  EpochSender sender_;
  int64_t now_nanos_ = 0;
  int64_t asked_ = 0;
  bool begun_ = false;
  std::string key_;
};

}  // namespace millrace::kafka
