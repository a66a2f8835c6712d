#!/usr/bin/env bash
# Makes a container image of Millrace without an image registry: Debian's own
# packages are the base.
#
#   k8s/image/build.sh [--binary build/release/millrace] [--output F.oci.tar]
#                      [--tag localhost/millrace:VERSION] [--fresh-base]
#
# The result is an OCI archive: `ctr -n k8s.io images import --all-platforms`
# brings it to a node, `skopeo copy oci-archive:F.oci.tar docker://...` to a
# registry. --fresh-base fetches the base anew, with Debian's latest fixes; else
# the one of the last time, in $MILLRACE_CACHE (~/.cache/millrace), is used.
#
# Needs buildah and mmdebstrap, and to be root.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${MILLRACE_CACHE:-$HOME/.cache/millrace}/image

die() { echo "build.sh: $*" >&2; exit 1; }

binary=$here/../../build/release/millrace tag='' output='' fresh=''
while (($#)); do
  case $1 in
    --binary) binary=${2:?} && shift 2 ;;
    --tag) tag=${2:?} && shift 2 ;;
    --output) output=${2:?} && shift 2 ;;
    --fresh-base) fresh=yes && shift ;;
    *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

for tool in buildah mmdebstrap; do
  command -v "$tool" >/dev/null ||
    die "there is no $tool; apt-get install -y --no-install-recommends buildah mmdebstrap"
done
[[ -x $binary ]] || die "there is no program $binary; build it, or name it by --binary"
version=$("$binary" version | awk '{ print $2 }')
tag=${tag:-localhost/millrace:$version}
output=${output:-millrace-$version.oci.tar}
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

work=$(mktemp -d)
chmod 755 "$work"  # apt reads there as a user of its own
# Whatever went wrong before, nothing that is mounted here is followed.
trap 'rm -rf --one-file-system "$work"' EXIT

# The base: what Debian calls essential (a shell and its tools, which the chart's
# scripts run in), certificates and time zones.
base=$cache/base-$release.tar
if [[ -n $fresh || ! -e $base ]]; then
  mkdir -p "$cache"
  # mmdebstrap mounts the machine's own /dev and /sys where it works. In a mount
  # namespace of its own nobody else sees that, and it ends with its processes,
  # also when this script is killed.
  TMPDIR=$work unshare --mount --propagation private \
    mmdebstrap --quiet --variant=essential --include=ca-certificates,tzdata \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$release" "$work/new.tar" || die "mmdebstrap could not make a Debian $release"
  mv "$work/new.tar" "$base"
fi
ln "$base" "$work/base.tar" 2>/dev/null || cp "$base" "$work/base.tar"

# The program, and of the libraries that it links those that the base lacks. One
# that the base has is not taken: libraries of the C runtime belong together.
install -D "$binary" "$work/root/usr/bin/millrace"
tar -tf "$base" | sed 's|^\./|/|' | grep -E '\.so' >"$work/base.libraries" || true
links=$(ldd "$binary") || die "$binary is not a program of this machine"
! grep 'not found' <<<"$links" || die "libraries of $binary are missing here"
# The third column of "name => path (address)"; the loader has no arrow.
awk '$2 == "=>" { print $3 }' <<<"$links" | while read -r path; do
  folder=$(realpath "$(dirname "$path")") name=$(basename "$path")
  ! grep -qxF "$folder/$name" "$work/base.libraries" || continue
  install -D -m 644 "$path" "$work/root$folder/$name"
done

cp "$here/Containerfile" "$work"
buildah bud --quiet --layers --isolation chroot -t "$tag" -f "$work/Containerfile" "$work" >/dev/null

# It starts: every library is there. In the image there is nothing to write to.
container=$(buildah from "$tag")
started=$(buildah run --isolation chroot "$container" /usr/bin/millrace version) || started=''
buildah rm "$container" >/dev/null
[[ $started == "millrace $version" ]] || die "the image's program does not start: $started"

rm -f "$output"
buildah push --quiet "$tag" "oci-archive:$output:$tag"
echo "$output: $tag, $(du -h "$output" | cut -f1)"
