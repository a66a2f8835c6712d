#!/usr/bin/env bash
# Installs what the tests with real systems need beside ../../install-deps.sh:
# a Java runtime and Maven, which fetches Kafka's own jars.
#
#   tests/e2e/install-deps.sh
#   tests/e2e/install-deps.sh --check    says what is missing, installs nothing
set -euo pipefail

packages=(openjdk-17-jre-headless maven)

missing=()
command -v java >/dev/null || missing+=("${packages[0]}")
command -v mvn >/dev/null || missing+=("${packages[1]}")

if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi
if [ "${1:-}" = --check ]; then
  echo "missing: ${missing[*]}"
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "tests/e2e/install-deps.sh: missing packages: ${missing[*]}" >&2
  echo "Run as root, or: sudo apt-get install -y ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
