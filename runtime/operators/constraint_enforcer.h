#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "runtime/batch/batch.h"
#include "runtime/operators/column_constraints.h"
#include "runtime/plan/operator_spec.h"

namespace millrace {

// Holds the rows that come to a sink to the types of its columns, as the
// table.exec.sink.*-enforcer keys say. Not thread-safe.
class ConstraintEnforcer {
 public:
  explicit ConstraintEnforcer(const SinkSpec& spec);

  // `batch` without the rows that break a NOT NULL, where those are dropped,
  // and with text of the right length, where it is fitted. SNK-0001: a NULL;
  // SNK-0002: a length. Where nothing is to be done, the batch itself.
  absl::StatusOr<Batch> Enforce(const Batch& batch) const;

 private:
  // The columns' own NOT NULL, the only thing enforced by default.
  absl::StatusOr<Batch> WithoutNulls(const Batch& batch) const;
  absl::StatusOr<Batch> Checked(const Batch& batch) const;
  absl::Status Refuse(const ConstraintBreach& breach) const;

  const std::string table_;
  const bool drop_null_violations_;
  ColumnConstraints not_null_;
  ColumnConstraints checked_;  // Lengths, and what is nested.
  ColumnConstraints fitted_;   // Lengths, also nested.
};

}  // namespace millrace
