#include "jobmanager/cluster/job_gateway.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"

namespace millrace {

absl::Status CheckPlanSize(const std::string& job_name, int64_t size_bytes) {
  if (size_bytes <= JobGateway::kMostPlanBytes) return absl::OkStatus();
  return UserError(
      {.code = "JOB-0139",
       .what = absl::StrCat("the plan has ", size_bytes, " bytes; at most ",
                            JobGateway::kMostPlanBytes, " are taken"),
       .where = absl::StrCat("job '", job_name, "'"),
       .why = "it is told to each TaskManager in one message",
       .fix = "Put long lists of values into a table of their own, or split "
              "the statement set into several jobs."});
}

}  // namespace millrace
