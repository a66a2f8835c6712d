#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace millrace::kafka {

// Asks brokers which partitions there are, for those who doubt what they were
// told of one. Called by the reader's worker only; never waits.
class TopicInquiry {
 public:
  struct Topic {
    int error = 0;  // Of the library's; 0: it is there,
    int32_t partitions = 0;  // with so many.
  };
  struct Answer {
    int64_t asked_nanos = 0;  // By Clock::SteadyNanos.
    int error = 0;            // Not 0: nobody answered.
    std::map<std::string, Topic> topics;
  };

  virtual ~TopicInquiry() = default;

  // The last answer, if it was asked for after `nanos`. Null: there is none
  // yet, but one will come, and wake the worker.
  virtual const Answer* AnswerSince(int64_t nanos) = 0;
};

}  // namespace millrace::kafka
