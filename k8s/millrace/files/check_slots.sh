#!/bin/bash
# Whether TASKMANAGERS with SLOTS slots in all are there within TIMEOUT_S.
set -euo pipefail
# shellcheck source=/dev/null
source "$(dirname "$0")/rest.sh"

await_ready
begin=$SECONDS
while :; do
  overview=$(ask /overview) || overview=
  taskmanagers=$(number taskmanagers "$overview") || taskmanagers=none
  slots=$(number slots-total "$overview") || slots=none
  if [[ $taskmanagers == "$TASKMANAGERS" && $slots == "$SLOTS" ]]; then
    echo "$taskmanagers TaskManagers, $slots slots"
    exit 0
  fi
  if ((SECONDS - begin >= TIMEOUT_S)); then
    echo "TaskManagers: $taskmanagers of $TASKMANAGERS, slots: $slots of $SLOTS" >&2
    exit 1
  fi
  sleep "${POLL_S:-1}"
done
