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
};

// The three verbs; each returns the exit status.
//
// List prints a line a table: how many letters there are, of which codes, when
// the first and the last came. Show prints the letters as they are, a line of
// JSON each.
int DlqListCommand(const DlqArguments& dlq, const JobArguments& arguments);
int DlqShowCommand(const DlqArguments& dlq, const JobArguments& arguments);

// Runs the script's job over the records of the letters in the place of its
// table, as the job JOB-replay-TABLE, and puts the letters into
// <folder>/.replayed when it has ended well. What was cut short is gone on with
// by the same command. The job must have no other source.
int DlqReplayCommand(const DlqArguments& dlq, const JobArguments& arguments);

}  // namespace millrace
