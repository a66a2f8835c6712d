#include "tests/e2e/conformance/protocol_scripts.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace millrace::e2e {
namespace {

using kafka::session::Answer;
using kafka::session::Request;

constexpr absl::Duration kLong = absl::Seconds(60);

std::string TextOf(const Answer& answer) {
  static constexpr const char* kOutcomes[] = {
      "ok", "suspect", "retriable", "fenced", "unknown", "refused"};
  std::string text = kOutcomes[static_cast<int>(answer.outcome)];
  if (answer.outcome != kafka::session::Outcome::kOk) return text;
  if (answer.offset >= 0) absl::StrAppend(&text, " at ", answer.offset);
  if (answer.marker) absl::StrAppend(&text, " marker ", *answer.marker);
  if (answer.is_out_of_range) absl::StrAppend(&text, " out of range");
  for (const auto& topic : answer.topics) {
    absl::StrAppend(&text, topic.exists ? " there" : " missing");
    if (!topic.exists) continue;
    const auto policy = topic.config.find("cleanup.policy");
    absl::StrAppend(&text, " ", topic.partitions, " ",
                    policy == topic.config.end() ? "-" : policy->second);
  }
  return text;
}

// The words of one script over its two topics.
class Conversation {
 public:
  Conversation(Brokers& brokers, const std::string& prefix)
      : brokers_(brokers),
        id_(absl::StrCat(prefix, "-id")),
        out_(absl::StrCat(prefix, "-out")),
        commits_(absl::StrCat(prefix, "-commits")) {}

  void MakeTopics() {
    brokers_.Open("maker", absl::StrCat(id_, "-maker"), kLong);
    Say("make", "maker", kafka::session::MakeTopic{out_, 1});
    Say("make", "maker", kafka::session::MakeTopic{commits_, 2});
    WaitForTopics();
    Say("describe", "maker", kafka::session::Describe{{out_, commits_}});
    brokers_.Close("maker");
  }
  void Describe(const std::string& name, const std::string& topic) {
    Say("describe", name, kafka::session::Describe{{topic}});
  }
  void Open(const std::string& name, absl::Duration timeout = kLong) {
    brokers_.Open(name, id_, timeout);
  }
  void Close(const std::string& name) { brokers_.Close(name); }
  void Wait(absl::Duration duration) { brokers_.Wait(duration); }

  void Init(const std::string& name) {
    Say("init", name, kafka::session::Init());
  }
  void Nonce(const std::string& name, const std::string& nonce) {
    Say("nonce", name,
        kafka::session::CommitNonce{commits_, 1, NonceKey(), nonce});
  }
  void Read(const std::string& name, const std::string& nonce,
            int64_t from = -1) {
    Say("read", name,
        kafka::session::ReadMarkers{commits_, 1, from, id_, NonceKey(),
                                    nonce});
  }
  void Chunk(const std::string& name, int records,
             const std::string& topic = "") {
    kafka::BlockWriter writer;
    auto chunk = std::make_shared<kafka::SealedChunk>();
    for (int i = 0; i < records; ++i) {
      const std::string text = absl::StrCat("record ", i);
      kafka::OutputRecord record;
      record.key = text;
      record.value = text;
      writer.Append(record, chunk->blocks);
    }
    writer.Flush(chunk->blocks);
    chunk->topics = {topic.empty() ? out_ : topic};
    chunk->records = records;
    Say("chunk", name, kafka::session::SendChunk{std::move(chunk)});
  }
  void Marker(const std::string& name, const std::string& value) {
    Say("marker", name,
        kafka::session::SendMarker{commits_, 1, id_, value});
  }
  void Commit(const std::string& name) {
    Say("commit", name, kafka::session::Commit());
  }

  std::vector<std::string> lines() const { return lines_; }

 private:
  // A real broker may hear of a topic a moment after it was made.
  void WaitForTopics() {
    for (int tries = 0; tries < 50; ++tries) {
      const Answer answer =
          brokers_.Ask("maker", kafka::session::Describe{{out_, commits_}});
      const bool all = std::all_of(
          answer.topics.begin(), answer.topics.end(),
          [](const auto& topic) { return topic.exists; });
      if (all && answer.topics.size() == 2) return;
      brokers_.Wait(absl::Milliseconds(100));
    }
  }
  std::string NonceKey() const { return absl::StrCat(id_, "/nonce"); }
  void Say(const char* what, const std::string& name, Request request) {
    const bool is_chunk =
        std::holds_alternative<kafka::session::SendChunk>(request);
    Answer answer = brokers_.Ask(name, std::move(request));
    // Where a chunk's records lie is nobody's business.
    if (is_chunk) answer.offset = -1;
    lines_.push_back(absl::StrCat(name, " ", what, ": ", TextOf(answer)));
  }

  Brokers& brokers_;
  const std::string id_;
  const std::string out_;
  const std::string commits_;
  std::vector<std::string> lines_;
};

std::vector<std::string> Topics(Brokers& brokers, const std::string& prefix) {
  Conversation talk(brokers, prefix);
  talk.Open("a");
  talk.Describe("a", absl::StrCat(prefix, "-nowhere"));
  talk.Close("a");
  talk.MakeTopics();
  talk.MakeTopics();
  return talk.lines();
}

std::vector<std::string> OneAfterTheOther(Brokers& brokers,
                                          const std::string& prefix) {
  Conversation talk(brokers, prefix);
  talk.MakeTopics();
  talk.Open("a");
  talk.Init("a");
  talk.Nonce("a", "1");
  talk.Read("a", "1");
  for (const char* marker : {"first", "second"}) {
    talk.Chunk("a", 3);
    talk.Marker("a", marker);
    talk.Commit("a");
  }
  talk.Close("a");
  talk.Open("b");
  talk.Init("b");
  talk.Nonce("b", "2");
  talk.Read("b", "2");
  talk.Read("b", "2", 2);
  talk.Read("b", "1");
  return talk.lines();
}

std::vector<std::string> AnOpenTransactionIsAborted(
    Brokers& brokers, const std::string& prefix) {
  Conversation talk(brokers, prefix);
  talk.MakeTopics();
  talk.Open("a");
  talk.Init("a");
  talk.Nonce("a", "1");
  talk.Chunk("a", 2);
  talk.Marker("a", "never");
  talk.Open("b");
  talk.Init("b");
  talk.Commit("a");
  talk.Close("a");
  talk.Nonce("b", "2");
  talk.Read("b", "2");
  talk.Chunk("b", 2);
  talk.Marker("b", "once");
  talk.Commit("b");
  return talk.lines();
}

std::vector<std::string> AZombieIsFenced(Brokers& brokers,
                                         const std::string& prefix) {
  Conversation talk(brokers, prefix);
  talk.MakeTopics();
  talk.Open("a");
  talk.Init("a");
  talk.Open("b");
  talk.Init("b");
  talk.Nonce("a", "1");
  talk.Nonce("b", "2");
  talk.Read("b", "2");
  talk.Open("c");
  talk.Init("c");
  talk.Chunk("b", 1);
  talk.Nonce("c", "3");
  talk.Read("c", "3");
  return talk.lines();
}

std::vector<std::string> WhereNothingIs(Brokers& brokers,
                                        const std::string& prefix) {
  Conversation talk(brokers, prefix);
  talk.MakeTopics();
  talk.Open("a");
  talk.Init("a");
  talk.Nonce("a", "1");
  talk.Read("a", "1", 1'000);
  talk.Read("a", "1", 0);
  return talk.lines();
}

std::vector<std::string> ATransactionThatIsTooOld(Brokers& brokers,
                                                  const std::string& prefix) {
  Conversation talk(brokers, prefix);
  talk.MakeTopics();
  talk.Open("a", absl::Seconds(2));
  talk.Init("a");
  talk.Chunk("a", 1);
  talk.Marker("a", "too late");
  // Brokers look for them every ten seconds.
  talk.Wait(absl::Seconds(15));
  talk.Commit("a");
  talk.Close("a");
  talk.Open("b");
  talk.Init("b");
  talk.Nonce("b", "2");
  talk.Read("b", "2");
  return talk.lines();
}

}  // namespace

const std::vector<ProtocolScript>& ProtocolScripts() {
  static const auto* const scripts = new std::vector<ProtocolScript>{
      {"topics", Topics},
      {"one after the other", OneAfterTheOther},
      {"an open transaction is aborted", AnOpenTransactionIsAborted},
      {"a zombie is fenced", AZombieIsFenced},
      {"where nothing is", WhereNothingIs},
      {"a transaction that is too old", ATransactionThatIsTooOld},
  };
  return *scripts;
}

}  // namespace millrace::e2e
