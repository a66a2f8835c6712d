#pragma once

#include <string>
#include <vector>

namespace millrace::sim {

// A job with two exactly-once sinks, each of a Kafka of its own, of which one
// is away for hours: the program's coordinator of checkpoints and its writers,
// told of one another by the world. What is wrong: more rows wait in one of
// them than 'sink.max-pending' and those in front of one barrier, or not all
// are committed when both are back. Empty: nothing.
std::vector<std::string> RunTwoSinks();

}  // namespace millrace::sim
