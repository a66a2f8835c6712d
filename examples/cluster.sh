#!/usr/bin/env bash
# Starts a cluster on this machine: one JobManager and some TaskManagers, until
# Ctrl-C. Its records and checkpoints lie below ./millrace-data/cluster, so the
# jobs that ran when it ended go on when it is started again.
#
#   examples/cluster.sh [TASKMANAGERS [SLOTS]]     (3 TaskManagers of 1 slot)
#
# MILLRACE names the program (build/release/millrace), REST_PORT and RPC_PORT
# other ports than 8081 and 6123.
set -euo pipefail

task_managers=${1:-3}
slots=${2:-1}
millrace=${MILLRACE:-build/release/millrace}
rest_port=${REST_PORT:-8081}
rpc_port=${RPC_PORT:-6123}
target=http://127.0.0.1:$rest_port
logs=millrace-data/cluster/logs
processes=()

stop() {
  trap - EXIT INT TERM
  # TaskManagers first: what they run is left to the next start, not moved.
  for ((i = ${#processes[@]} - 1; i >= 0; --i)); do
    kill -TERM "${processes[i]}" 2>/dev/null || true
  done
  wait || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

command -v "$millrace" >/dev/null || {
  echo "there is no program '$millrace': build it, or set MILLRACE" >&2
  exit 2
}
mkdir -p "$logs"
"$millrace" jobmanager -D "rest.port=$rest_port" \
  -D "jobmanager.rpc.port=$rpc_port" 2>"$logs/jobmanager.log" &
processes+=($!)
for ((i = 1; i <= task_managers; ++i)); do
  "$millrace" taskmanager -D "jobmanager.rpc.address=127.0.0.1" \
    -D "jobmanager.rpc.port=$rpc_port" \
    -D "taskmanager.numberOfTaskSlots=$slots" \
    -D "taskmanager.resource-id=taskmanager-$i" \
    2>"$logs/taskmanager-$i.log" &
  processes+=($!)
done

until curl -fs "$target/overview" 2>/dev/null |
  grep -q "\"slots-total\": *$((task_managers * slots))[,}]"; do
  for process in "${processes[@]}"; do
    kill -0 "$process" 2>/dev/null || {
      echo "a process has ended; what they said is in $logs:" >&2
      tail -n 3 "$logs"/*.log >&2
      exit 1
    }
  done
  sleep 0.1
done

cat <<READY
The cluster is up: $task_managers TaskManagers with $slots slot(s) each.

  $millrace run examples/tour/totals.sql --target $target
  $millrace list --target $target
  curl $target/overview

Logs are in $logs. Ctrl-C stops the cluster; its jobs go on at the next start.
READY
# One that ends by itself ends the cluster: said, not waited for.
wait -n "${processes[@]}" || true
echo "a process has ended; what it said is in $logs" >&2
exit 1
