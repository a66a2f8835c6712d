"""A job whose run is kept as bytes: how it is started, and what it came to."""
import importlib.util
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
DATA = "millrace-data"
LIMIT_S = 60


def _golden():
    path = HERE.parent / "golden" / "check.py"
    spec = importlib.util.spec_from_file_location("golden_check", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


golden = _golden()


def run(binary, folder, *words, failpoints=""):
    """The exit status and what was said."""
    environment = dict(os.environ, MILLRACE_FAILPOINTS=failpoints)
    done = subprocess.run([str(binary), *words], cwd=folder, env=environment,
                          capture_output=True, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=False)
    return done.returncode, done.stdout + done.stderr


def rows(folder):
    """What is visible in the end, as text: the rows that remain of both
    changelogs, the lines of all files, the records set aside."""
    parts = [f"-- {name}\n{golden.remaining_rows(folder / 'out' / name)}"
             for name in ("groups", "windows")]
    lines = sorted(
        f"{file.parent.name}: {line}"
        for file in (folder / "out/files").glob("*/part-*")
        for line in file.read_text().splitlines())
    aside = sorted(
        found for file in folder.glob(f"{DATA}/*/dead-letters/*/part-*")
        for found in re.findall(r'"raw_text":"((?:[^"\\]|\\.)*)"', file.read_text()))
    parts += ["-- files\n" + "\n".join(lines), "-- set aside\n" + "\n".join(aside)]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"
