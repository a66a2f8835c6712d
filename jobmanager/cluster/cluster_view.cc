#include "jobmanager/cluster/cluster_view.h"

namespace millrace {

int32_t ClusterView::SlotsTotal() const {
  int32_t total = 0;
  for (const TaskManagerView& task_manager : task_managers) {
    total += task_manager.registered.slots;
  }
  return total;
}

int32_t ClusterView::SlotsFree() const {
  int32_t free = 0;
  for (const TaskManagerView& task_manager : task_managers) {
    free += task_manager.free_slots;
  }
  return free;
}

}  // namespace millrace
