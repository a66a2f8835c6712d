#!/usr/bin/env python3
"""Holds the tables of options and keys in docs/ to the sources.

option_tables.py [--rewrite]

Every option that a connector or format declares is in the first column of the
table below "## Options" of its page, and no other. The keys of
docs/configuration.md are made from runtime/base/config_keys.cc; --rewrite
writes them.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# page: where its options are declared
PAGES = {
    "connectors/filesystem.md": "connectors/filesystem/file_options.cc",
    "connectors/kafka.md": "connectors/kafka/kafka_option_specs.cc",
    "connectors/upsert-kafka.md": "connectors/kafka/upsert_option_specs.cc",
    "connectors/nexmark.md": "connectors/nexmark/nexmark_options.cc",
    "connectors/datagen.md": "connectors/datagen/datagen_connector.cc",
    "connectors/print.md": "connectors/print/print_connector.cc",
    "connectors/blackhole.md": "connectors/blackhole/blackhole_connector.cc",
    "connectors/changelog-out.md": "connectors/changelog_out/changelog_out_connector.cc",
    "formats/json.md": "connectors/formats/json/json_options.cc",
    "formats/csv.md": "connectors/formats/csv_options.cc",
    "formats/raw.md": "connectors/formats/raw_format.cc",
}
DECLARED = re.compile(
    r'\{\s*\.key = "([^"]+)"'
    r'|\{"([a-z][\w.-]*)",\s*(?:(?:"[^"]*"|std::nullopt), (?:true|false)|&ModelOptions)')
CONFIG_PAGE = "configuration.md"
MARK = "<!-- made by tests/docs/option_tables.py -->"
CONFIG_KEY = re.compile(
    r'\{("(?:[^"]+)"), Type::k(\w+),\s*"([^"]*)",\s*((?:"[^"]*"\s*)+),\s*(\w+)(?:, kFamily)?\}')
ROOMS = ("cli", "embedded", "jobmanager", "runtime", "sql", "state", "taskmanager")


def declared_options(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    keys = {a or b for a, b in DECLARED.findall(text)}
    # A key that ends with a dot is a family: fields.* on the page.
    return {key + "*" if key.endswith(".") else key for key in keys}


def documented_options(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    table = text.partition("## Options")[2]
    rows = []
    for line in table.splitlines():
        match = re.match(r"^\| `([^`]+)` \|", line)
        if match:
            rows.append(match.group(1))
        elif rows:
            break
    return set(rows)


def config_table():
    source = ROOT / "runtime/base/config_keys.cc"
    others = "\n".join(
        file.read_text(encoding="utf-8") for room in ROOMS
        for file in (ROOT / room).rglob("*.cc")
        if file != source and not file.name.endswith("_test.cc"))
    lines = ["| key | default | | meaning |", "|---|---|---|---|"]
    for quoted, _, default, meaning, acts in CONFIG_KEY.findall(source.read_text()):
        key = quoted.strip('"')
        state = "refused" if acts == "kRefused" else "accepted"
        if acts == "kActs":
            used = quoted in others or (key.endswith(".") and f'"{key}' in others)
            state = "acts" if used else "later"
        text = "".join(re.findall(r'"([^"]*)"', meaning)).replace("|", "\\|")
        shown = f"`{key}*`" if key.endswith((".", "-")) else f"`{key}`"
        lines.append(f"| {shown} | {f'`{default}`' if default else ''} | {state} | {text} |")
    return "\n".join(lines) + "\n"


def check_config(rewrite):
    path = ROOT / "docs" / CONFIG_PAGE
    head, mark, old = path.read_text(encoding="utf-8").partition(MARK)
    made = "\n\n" + config_table()
    if rewrite:
        path.write_text(head + MARK + made, encoding="utf-8")
    elif old != made:
        have, want = set(old.splitlines()), set(made.splitlines())
        yield from (f"{CONFIG_PAGE} lacks {line}" for line in sorted(want - have))
        yield from (f"{CONFIG_PAGE} has {line}" for line in sorted(have - want))
        yield "tests/docs/option_tables.py --rewrite writes it anew"


def main():
    problems = list(check_config("--rewrite" in sys.argv))
    for page, file in PAGES.items():
        declared, documented = declared_options(file), documented_options(page)
        problems += [f"{page} lacks `{key}`" for key in sorted(declared - documented)]
        problems += [f"{page} has `{key}`, which {file} does not"
                     for key in sorted(documented - declared)]
    print("\n".join(problems) or f"{len(PAGES)} pages of options, all as declared")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
