#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "runtime/connector/options.h"

namespace millrace {

// Typed reading of configuration keys: what the job's script SET comes before
// what the cluster's file says. Of several names of one key, the first that is
// set anywhere counts. Errors (CFG-0002) name the key, its value and what was
// expected.
class ConfigLookup {
 public:
  using Names = std::initializer_list<absl::string_view>;

  // Keeps references: both must outlive the lookup.
  ConfigLookup(const TableOptions& job, const TableOptions& cluster)
      : job_(job), cluster_(cluster) {}

  std::string Text(Names names, absl::string_view otherwise) const;
  absl::StatusOr<absl::Duration> Duration(Names names,
                                          absl::Duration otherwise) const;
  // At least `least`.
  absl::StatusOr<int64_t> Int(Names names, int64_t otherwise,
                              int64_t least) const;
  absl::StatusOr<double> Double(Names names, double otherwise,
                                double least) const;

 private:
  struct Found {
    absl::string_view key;
    absl::string_view value;
  };
  // Null key: none is set.
  Found Find(Names names) const;

  const TableOptions& job_;
  const TableOptions& cluster_;
};

// CFG-0002 for a value that is not `expected`.
absl::Status BadConfigValue(absl::string_view key, absl::string_view value,
                            absl::string_view expected);

}  // namespace millrace
