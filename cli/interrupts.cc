#include "cli/interrupts.h"

#include <signal.h>
#include <unistd.h>

#include "cli/exit_status.h"

namespace millrace {
namespace {

volatile sig_atomic_t interrupt_count = 0;

void OnInterrupt(int) {
  if (interrupt_count > 0) _exit(kExitCancelled);
  interrupt_count = 1;
}

}  // namespace

void InstallInterruptHandler() {
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe or socket is an error of its write, not the end.
  signal(SIGPIPE, SIG_IGN);
}

bool Interrupted() { return interrupt_count > 0; }

}  // namespace millrace
