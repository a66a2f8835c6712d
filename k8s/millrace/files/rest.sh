# shellcheck shell=bash disable=SC2016
# Asks the JobManager's REST interface. Sourced; needs nothing but bash and
# coreutils, for an image holds no HTTP client.
#
# REST_HOST, REST_PORT   where it listens
# TIMEOUT_S              how long await_ready waits
# POLL_S                 time between two questions, 1 unless set

# Prints the body of GET $1; fails unless the answer is 200.
ask() {
  local answer
  answer=$(timeout 10 bash -c '
    exec 3<>"/dev/tcp/$1/$2" &&
      printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$3" "$1" >&3 &&
      cat <&3' ask "$REST_HOST" "$REST_PORT" "$1" 2>/dev/null) || return 1
  [[ $answer == 'HTTP/1.'?' 200'* ]] || return 1
  printf '%s\n' "${answer#*$'\r\n\r\n'}"
}

# Fails when the JobManager is not ready after TIMEOUT_S.
await_ready() {
  local begin=$SECONDS
  until ask /readyz >/dev/null; do
    if ((SECONDS - begin >= TIMEOUT_S)); then
      echo "the JobManager at $REST_HOST:$REST_PORT is not ready after $TIMEOUT_S s" >&2
      return 1
    fi
    sleep "${POLL_S:-1}"
  done
}

# Prints the states of the jobs named $1, one a line. A job in /jobs/overview is
# an object whose only inner object, "tasks", is taken out first.
states() {
  local overview
  overview=$(ask /jobs/overview) || return 1
  tr -d '\n' <<<"$overview" | sed 's/"tasks" *: *{[^}]*}//g' | grep -o '{[^{}]*}' |
    grep "\"name\" *: *\"$1\"" | grep -o '"state" *: *"[A-Z]*"' | grep -o '[A-Z]*"$' |
    tr -d '"' || true
}

# Prints the number named $1 of the object $2.
number() {
  grep -o "\"$1\" *: *[0-9]*" <<<"$2" | grep -o '[0-9]*$'
}
