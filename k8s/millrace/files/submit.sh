#!/bin/bash
# Submits one job, unless one of its name is there: run after every install and
# upgrade. JOB_NAME, JOB_FILE, PARALLELISM, BOUNDED (true: a finished one counts
# as there), FROM_SAVEPOINT (may be empty), and what rest.sh asks for.
#
# Exit status: that of `millrace run`, or 1 when the JobManager is not reached.
set -euo pipefail
# shellcheck source=/dev/null
source "$(dirname "$0")/rest.sh"

await_ready
while :; do
  found=$(states "$JOB_NAME") || { echo "cannot ask for the jobs that there are" >&2; exit 1; }
  # One on its way out is waited for, by the Job's deadline at most.
  grep -qE 'CANCELLING|FAILING' <<<"$found" || break
  sleep "${POLL_S:-1}"
done

there=$(grep -vE '^(FINISHED|FAILED|CANCELED)?$' <<<"$found" || true)
if [[ -n $there ]]; then
  echo "job $JOB_NAME is $there and is left as it is; to replace it, stop it and upgrade again"
  exit 0
fi
if [[ $BOUNDED == true ]] && grep -q FINISHED <<<"$found"; then
  echo "job $JOB_NAME is FINISHED and bounded: it is not submitted again"
  exit 0
fi

arguments=(--config /etc/millrace/millrace.yaml --target "http://$REST_HOST:$REST_PORT"
  -d -p "$PARALLELISM" -D "pipeline.name=$JOB_NAME")
[[ -z $FROM_SAVEPOINT ]] || arguments+=(--from-savepoint "$FROM_SAVEPOINT")
exec millrace run "$JOB_FILE" "${arguments[@]}"
