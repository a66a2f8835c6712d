#include "tests/sim/seed_processes.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace millrace::sim {
namespace {

struct Child {
  pid_t pid;
  int out;
};

Child Start(int number, const std::function<std::string(int)>& work) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid < 0) std::abort();
  if (pid > 0) {
    close(ends[1]);
    return {pid, ends[0]};
  }
  close(ends[0]);
  const std::string sums = work(number);
  const bool written = write(ends[1], sums.data(), sums.size()) ==
                       static_cast<ssize_t>(sums.size());
  std::fflush(stdout);
  _exit(written ? 0 : 1);
}

}  // namespace

std::vector<std::string> RunInProcesses(
    int processes, const std::function<std::string(int)>& work,
    bool* crashed) {
  std::vector<Child> children;
  for (int i = 0; i < processes; ++i) children.push_back(Start(i, work));
  std::vector<std::string> results;
  *crashed = false;
  for (const Child& child : children) {
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = read(child.out, buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, got);
    }
    close(child.out);
    int status = 0;
    waitpid(child.pid, &status, 0);
    *crashed |= status != 0;
    results.push_back(status == 0 ? text : "");
  }
  return results;
}

}  // namespace millrace::sim
