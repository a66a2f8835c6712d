#pragma once

namespace millrace {

// Ctrl-C and SIGTERM, counted: the first asks for a clean cancel, the second
// ends the process at once.
//
// Install once, from the main thread, before others start.
void InstallInterruptHandler();

// Whether somebody has asked for the end.
bool Interrupted();

}  // namespace millrace
