#!/usr/bin/env bash
# The chart on a real node: an image is made, a node brought up, and
# node_test.py installs, kills, upgrades and uninstalls there.
#
#   tests/k8s/node.sh [--binary build/release/millrace] [--keep]
#
# MILLRACE_K8S names a program that brings up a node and takes it down:
#   node up --image F.oci.tar...   a node that has these images; idempotent
#   run -- CMD...                  CMD in the node's network, KUBECONFIG set
#   node down
# Needs root, helm, kubectl (where tools.py looks), buildah, mmdebstrap, and
# Debian's prometheus. Exit status 77, and a line that says what is missing,
# where one of them is not there. --keep leaves the node up to be looked at.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(realpath "$here/../..")

binary=$root/build/release/millrace keep=''
while (($#)); do
  case $1 in
    --binary) binary=$(realpath "${2:?}") && shift 2 ;;
    --keep) keep=yes && shift ;;
    *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

skip() { echo "not run: $*"; exit 77; }
[[ -n ${MILLRACE_K8S:-} ]] || skip "MILLRACE_K8S names no program that brings up a node; $here/node.sh says what it must do"
[[ -x $MILLRACE_K8S ]] || skip "there is no program $MILLRACE_K8S (MILLRACE_K8S)"
((EUID == 0)) || skip "a node needs root"
python3 "$here/tools.py" helm kubectl promtool prometheus buildah mmdebstrap || exit 77
"$binary" jobmanager --help >/dev/null 2>&1 ||
  { echo "$binary has no verb jobmanager, so there is no cluster to test"; exit 1; }

work=$(mktemp -d)
# A name of its own: what an older program did under the same one is not seen.
tag=test-$(sha256sum "$binary" | cut -c1-12)
finish() {
  local status=$?
  if [[ -n $keep ]]; then
    echo "the node is left up; $MILLRACE_K8S run -- kubectl get pods; $MILLRACE_K8S node down; rm -rf $work"
    exit $status
  fi
  "$MILLRACE_K8S" node down || true
  buildah rmi "localhost/millrace:$tag" >/dev/null 2>&1 || true
  rm -rf --one-file-system "$work"
  exit $status
}
trap finish EXIT

"$root/k8s/image/build.sh" --binary "$binary" --tag "localhost/millrace:$tag" \
  --output "$work/millrace.oci.tar"
"$MILLRACE_K8S" node up --image "$work/millrace.oci.tar"
"$MILLRACE_K8S" run -- python3 "$here/node_test.py" --binary "$binary" --tag "$tag" --work "$work"
