#pragma once

#include <string>

#include "cli/session.h"

namespace millrace {

// What `millrace dlq` is asked for.
struct DlqArguments {
  std::string job;    // Its folder's name or the beginning of it.
  std::string table;  // Empty: all of the job's.
  std::string code;   // Of `show`: only these; empty = all.
  std::string script; // Of `replay`: the job's.
  // Of `replay` of a cluster's job: the JobManager that is asked whether it
  // runs; or it is known to have ended, and nobody is asked.
  std::string target;
  bool job_ended = false;
};

// The three verbs; each returns the exit status.
//
// List prints a line a table: how many letters there are, of which codes, when
// the first and the last came. Show prints the letters as they are, a line of
// JSON each.
int DlqListCommand(const DlqArguments& dlq, const JobArguments& arguments);
int DlqShowCommand(const DlqArguments& dlq, const JobArguments& arguments);

// Runs the script's job over the records of the letters in the place of its
// table, once (letter_replay.h). What was cut short is gone on with by the same
// command. The job of the letters must not run (CLI-0044), and the script's
// must have no other source.
int DlqReplayCommand(const DlqArguments& dlq, const JobArguments& arguments);

}  // namespace millrace
