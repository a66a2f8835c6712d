#pragma once

namespace millrace {

// Cores that this process may use, at least 1: fewer than the machine has where
// it was given only some of them.
int CoreCount();

}  // namespace millrace
