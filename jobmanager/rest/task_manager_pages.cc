#include "jobmanager/rest/task_manager_pages.h"

#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "jobmanager/rest/json_writer.h"
#include "runtime/base/error.h"

namespace millrace {
namespace {

constexpr int64_t kMebi = int64_t{1} << 20;

int PortOf(absl::string_view address) {
  int port = 0;
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port)) {
    return -1;
  }
  return port;
}

// How many subtasks of running jobs it runs.
int CountTasks(const ClusterView& view, const std::string& task_manager) {
  int count = 0;
  for (const JobView& job : view.jobs) {
    if (IsTerminal(job.state)) continue;
    for (const SubtaskView& subtask : job.subtasks) {
      count += subtask.task_manager == task_manager;
    }
  }
  return count;
}

// Part of a TaskManager's cores and memory, by slots.
void WriteResource(const to_job_manager::Register& of, int32_t slots,
                   JsonWriter& out) {
  const double part =
      of.slots == 0 ? 0 : static_cast<double>(slots) / of.slots;
  const auto memory =
      static_cast<int64_t>(part * static_cast<double>(of.memory_bytes));
  out.BeginObject()
      .Field("cpuCores", part * of.cores)
      .Field("taskHeapMemory", 0)
      .Field("taskOffHeapMemory", 0)
      .Field("managedMemory", memory / kMebi)
      .Field("networkMemory", 0)
      .EmptyObject("extendedResources")
      .EndObject();
}

// Millrace has one number for all memory, so that every part but "managed" is
// none.
void WriteMemory(int64_t bytes, JsonWriter& out) {
  out.BeginObject()
      .Field("frameworkHeap", 0)
      .Field("taskHeap", 0)
      .Field("frameworkOffHeap", 0)
      .Field("taskOffHeap", 0)
      .Field("networkMemory", 0)
      .Field("managedMemory", bytes)
      .Field("jvmMetaspace", 0)
      .Field("jvmOverhead", 0)
      .Field("totalFlinkMemory", bytes)
      .Field("totalProcessMemory", bytes)
      .EndObject();
}

// The fields that both pages have; the object stays open.
void BeginTaskManager(const TaskManagerView& one, const ClusterView& view,
                      JsonWriter& out) {
  const to_job_manager::Register& registered = one.registered;
  out.BeginObject()
      .Field("id", registered.task_manager)
      .Field("path", one.address)
      .Field("dataPort", PortOf(one.address))
      .Field("jmxPort", -1)
      .Field("timeSinceLastHeartbeat", RestMillis(one.last_heartbeat_at))
      .Field("slotsNumber", registered.slots)
      .Field("freeSlots", one.free_slots)
      .Key("totalResource");
  WriteResource(registered, registered.slots, out);
  out.Key("freeResource");
  WriteResource(registered, one.free_slots, out);
  out.Key("hardware")
      .BeginObject()
      .Field("cpuCores", registered.cores)
      .Field("physicalMemory", registered.memory_bytes)
      .Field("freeMemory", registered.memory_bytes - one.memory_used_bytes)
      .Field("managedMemory", registered.memory_bytes)
      .EndObject()
      .Key("memoryConfiguration");
  WriteMemory(registered.memory_bytes, out);
  out.Field("blocked", one.draining)
      .Field("assignedTasks", CountTasks(view, registered.task_manager));
}

// Subtasks of one job and one index share a slot.
void WriteAllocatedSlots(const TaskManagerView& one, const ClusterView& view,
                         JsonWriter& out) {
  out.Key("allocatedSlots").BeginArray();
  for (const JobView& job : view.jobs) {
    if (IsTerminal(job.state)) continue;
    std::map<int, int> by_index;
    for (const SubtaskView& subtask : job.subtasks) {
      if (subtask.task_manager != one.registered.task_manager) continue;
      ++by_index[subtask.id.index];
    }
    for (const auto& [index, tasks] : by_index) {
      out.BeginObject().Field("jobId", job.job_id).Key("resource");
      WriteResource(one.registered, 1, out);
      out.Field("assignedTasks", tasks).EndObject();
    }
  }
  out.EndArray();
}

void WriteMetrics(const TaskManagerView& one, JsonWriter& out) {
  const int64_t used = one.memory_used_bytes;
  const int64_t most = one.registered.memory_bytes;
  out.Key("metrics")
      .BeginObject()
      .Field("heapUsed", used)
      .Field("heapCommitted", used)
      .Field("heapMax", most);
  for (const absl::string_view kind : {"nonHeap", "direct", "mapped"}) {
    const bool is_heap = kind == "nonHeap";
    out.Field(absl::StrCat(kind, is_heap ? "Used" : "Count"), 0)
        .Field(absl::StrCat(kind, is_heap ? "Committed" : "Used"), 0)
        .Field(absl::StrCat(kind, "Max"), 0);
  }
  for (const absl::string_view kind : {"Segments", ""}) {
    for (const absl::string_view part : {"Available", "Used", "Total"}) {
      out.Field(absl::StrCat("nettyShuffleMemory", kind, part), 0);
    }
  }
  out.EmptyArray("garbageCollectors").EndObject();
}

}  // namespace

RestResponse TaskManagersPage(const PageContext& context) {
  JsonWriter out;
  out.BeginObject().Key("taskmanagers").BeginArray();
  for (const TaskManagerView& one : context.view.task_managers) {
    BeginTaskManager(one, context.view, out);
    out.EndObject();
  }
  return {.body = out.EndArray().EndObject().Take()};
}

RestResponse TaskManagerPage(const PageContext& context) {
  for (const TaskManagerView& one : context.view.task_managers) {
    if (one.registered.task_manager != context.ids[0]) continue;
    JsonWriter out;
    BeginTaskManager(one, context.view, out);
    WriteAllocatedSlots(one, context.view, out);
    WriteMetrics(one, out);
    return {.body = out.EndObject().Take()};
  }
  return ErrorResponse(MakeError(
      absl::StatusCode::kNotFound,
      {.code = "JOB-0105",
       .what = absl::StrCat("there is no TaskManager '", context.ids[0], "'"),
       .where = "the cluster",
       .why = {},
       .fix = "GET /taskmanagers lists them."}));
}

}  // namespace millrace
