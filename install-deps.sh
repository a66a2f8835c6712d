#!/usr/bin/env bash
# Installs what building, testing and running Millrace needs on Debian 12.
#
#   ./install-deps.sh            compiler, libraries, ccache, linker
#   ./install-deps.sh --check    says what is missing and installs nothing
#
# Everything comes from Debian's own packages. What is already there is left
# alone, so a second run takes a second.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config ccache mold git ca-certificates python3
  libabsl-dev libprotobuf-dev protobuf-compiler libgrpc++-dev
  protobuf-compiler-grpc
  libgtest-dev libgmock-dev
  libsimdjson-dev nlohmann-json3-dev libyaml-cpp-dev libcli11-dev
  prometheus-cpp-dev
  librocksdb-dev librdkafka-dev libpcre2-dev libxxhash-dev libmimalloc-dev
  libzstd-dev zlib1g-dev libssl-dev libcpp-httplib-dev
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
    grep -q 'ok installed' || missing+=("$package")
done

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "${1:-}" = --check ]; then
  echo "missing: ${missing[*]}"
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "install-deps.sh: missing packages: ${missing[*]}" >&2
  echo "Run as root, or: sudo apt-get install -y ${missing[*]}" >&2
  exit 1
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
