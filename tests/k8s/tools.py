"""Finds the programs that the Kubernetes tests need; none is fetched.

Looked for in $MILLRACE_K8S_BIN, in $MILLRACE_CACHE/k8s/bin (~/.cache/millrace
unless set), then in PATH.
"""
import os
import pathlib
import shutil
import sys

# What CTest takes for "not run" (SKIP_RETURN_CODE).
SKIP = 77
CACHE = pathlib.Path(os.environ.get("MILLRACE_CACHE") or
                     pathlib.Path.home() / ".cache/millrace")
HINTS = {
    "helm": "Helm 3.13 or newer (go install helm.sh/helm/v3/cmd/helm@v3.19.5)",
    "kubeconform": "go install github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0",
    "prometheus": "apt-get install prometheus",
    "promtool": "apt-get install prometheus",
    "buildah": "apt-get install buildah",
    "mmdebstrap": "apt-get install mmdebstrap",
}


class Missing(Exception):
    """Something that the test needs is not here; the text says what."""


def program(name):
    """The path of a program."""
    path = os.pathsep.join(filter(None, (
        os.environ.get("MILLRACE_K8S_BIN"), str(CACHE / "k8s/bin"), os.environ["PATH"])))
    found = shutil.which(name, path=path)
    if found is None:
        hint = f" ({HINTS[name]})" if name in HINTS else ""
        raise Missing(f"there is no {name}{hint}: put it in PATH or in {CACHE}/k8s/bin")
    return found


def schemas():
    """(folder, version such as 1.34.0) of the newest JSON schemas of Kubernetes'
    objects that lie here: FOLDER/v1.34.0-strict/deployment-apps-v1.json."""
    folder = pathlib.Path(os.environ.get("MILLRACE_K8S_SCHEMAS") or CACHE / "k8s/schemas")
    versions = [tuple(map(int, path.name[1:-len("-strict")].split(".")))
                for path in folder.glob("v*-strict")]
    if not versions:
        raise Missing(f"there are no schemas of Kubernetes' objects below {folder} "
                      "(v1.34.0-strict/*.json): MILLRACE_K8S_SCHEMAS names another folder")
    return folder, ".".join(map(str, max(versions)))


def skip(missing):
    print(f"not run: {missing}")
    sys.exit(SKIP)


def main():
    """tools.py NAME...: 77 and a line unless all of these programs are here."""
    try:
        for name in sys.argv[1:]:
            program(name)
    except Missing as missing:
        skip(missing)


if __name__ == "__main__":
    main()
