#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace millrace::kafka {

// `value` of a client's property with its references to secrets in their place,
// written as Kafka's config providers are:
//
//   ${env:NAME}           an environment variable of this process
//   ${directory:DIR:FILE} what a file holds, without the line's end behind it
//   ${file:PATH:KEY}      the value of KEY in a file of lines "KEY=VALUE"
//
// Called where a client is made, and what it returns goes nowhere else: plans,
// checkpoints and messages have the reference. SQL-0319: there is no such
// thing.
absl::StatusOr<std::string> ResolveSecrets(absl::string_view property,
                                           absl::string_view value);

}  // namespace millrace::kafka
