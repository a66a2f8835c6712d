"""Whole jobs: tables with their rows, SQL, and the rows a sink must end with."""
import collections
import json
import os
import re

from scalar_cases import NOT_IN_JSON


def is_table(step):
    return step["kind"].startswith(("SOURCE", "SINK"))


def is_sink(step):
    return step["kind"].startswith("SINK")


def why_not(program):
    """Why SQL text and files cannot replay it; None where they can."""
    flags = {"needsUdf": "user function", "needsModel": "model",
             "needsTemporalTableFunction": "temporal table function"}
    for flag, reason in flags.items():
        if program[flag]:
            return reason
    if any("TABLE_API" in run["kind"] and "derivedSql" not in run for run in program["run"]):
        return "Table API"
    text = json.dumps(program["run"]).upper()
    if re.search("proc-?time", program["id"]) or re.search(
            "(?i)wall.?clock|processing.time", program["description"]):
        return "processing time"
    if "STATE_TTL" in text or "table.exec.state.ttl" in program["config"]:
        return "wall clock"
    for step in filter(is_table, program["setup"]):
        if "columns" not in step:
            return "structured types"
        if any(column["kind"] == "metadata" for column in step["columns"]):
            return "metadata of a test connector"
        if not is_sink(step):
            rows = step.get("rowsBefore", []) + step.get("rowsAfter", [])
            if any("json" not in row for row in rows) or any(
                    NOT_IN_JSON.search(column["type"].replace("NOT NULL", ""))
                    for column in step["columns"] if column["kind"] == "physical"):
                return "types that JSON cannot carry"
            if step["options"].get("disable-lookup") == "false":
                return "look-up connector"
    if not any(map(is_sink, program["setup"])) and not program["expectsFailure"]:
        return "no sink"
    return None


def full_changes(rows, modes, key):
    """[(kind, row)] as change events with both images; upserts get theirs."""
    upsert = bool(key) and "UB" not in modes and bool({"UA", "D"} & set(modes))
    events, held, index = [], {}, 0
    while index < len(rows):
        kind, row = rows[index]
        index += 1
        if upsert:
            name = json.dumps([row[column] for column in key])
            before = held.pop(name, None)
            if kind == "-D" and before is None:
                continue
            after = None if kind == "-D" else row
            if after is not None:
                held[name] = after
        elif kind == "-U" and index < len(rows) and rows[index][0] == "+U":
            before, after = row, rows[index][1]
            index += 1
        else:
            before, after = (None, row) if kind in ("+I", "+U") else (row, None)
        op = "d" if after is None else "c" if before is None else "u"
        events.append({"before": before, "after": after, "op": op})
    return events


def declaration(step, folder):
    if is_sink(step):
        options = f"'connector' = 'print', 'print-identifier' = '{step['name']}'"
    else:
        rows = [(row["kind"], row["json"])
                for row in step.get("rowsBefore", []) + step.get("rowsAfter", [])]
        modes = [mode.strip() for mode in step["options"].get("changelog-mode", "").split(",")
                 if mode.strip()]
        plain = all(kind == "+I" for kind, _ in rows) and modes in ([], ["I"])
        path = os.path.join(folder, step["name"] + ".json")
        events = ([row for _, row in rows] if plain
                  else full_changes(rows, modes, step.get("primaryKey")))
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
        options = ("'connector' = 'filesystem', 'path' = '{}', 'format' = '{}'".format(
            path, "json" if plain else "debezium-json"))
    return "CREATE TABLE `{}` ({}) WITH ({});".format(
        step["name"], ", ".join(step["schema"]), options)


def scripts(program, folder):
    """[(text, must it fail)]"""
    settings = {"table.local-time-zone": "UTC", "parallelism.default": "1",
                "execution.runtime-mode": "streaming",
                "table.exec.sink.require-on-conflict": "false", **program["config"]}
    if program["usedBy"] and all(user.startswith("batch.") for user in program["usedBy"]):
        settings["execution.runtime-mode"] = "batch"
    setup = ["SET '{}' = '{}';".format(key, value.replace("'", "''"))
             for key, value in settings.items()]
    for step in program["setup"]:
        if is_table(step):
            setup.append(declaration(step, folder))
        elif step["kind"] == "SQL":
            setup.append(step["sql"].rstrip().rstrip(";") + ";")
    kinds = {run["kind"] for run in program["run"]}
    good, failing = [], []
    for run in program["run"]:
        if run["kind"] == "SQL" and "TABLE_API" in kinds:
            continue  # The same query, written twice.
        text = (run.get("sql") or run.get("derivedSql") or "").rstrip().rstrip(";") + ";"
        if run["kind"] == "STATEMENT_SET":
            inserts = "\n".join(line.rstrip(";") + ";" for line in run["statements"])
            text = f"EXECUTE STATEMENT SET BEGIN\n{inserts}\nEND;"
        if run["kind"].startswith("FAILING"):
            failing.append(("\n".join(setup + [text]) + "\n", True))
        else:
            good.append(text)
    return ([("\n".join(setup + good) + "\n", False)] if good else []) + failing


def fields_of(row):
    """'+I[a, [b, c], {d=e}]' -> its top fields."""
    fields, depth, at = [""], 0, 3
    while at < len(row) - 1:
        char = row[at]
        depth += (char in "[{(") - (char in "]})")
        if depth <= 0 and row.startswith(", ", at):
            fields.append("")
            at += 2
            continue
        fields[-1] += char
        at += 1
    return fields


def final_rows(changes, width, key):
    """What a log of changes leaves, sorted."""
    if key and all(len(fields_of(row)) == width for row in changes):
        held = {}
        for row in changes:
            fields = fields_of(row)
            name = tuple(fields[index] for index in key)
            if row[:2] in ("+I", "+U"):
                held[name] = row[2:]
            elif row[:2] == "-D" or held.get(name) == row[2:]:
                held.pop(name, None)
        return sorted(held.values())
    counts = collections.Counter()
    for row in changes:
        counts[row[2:]] += 1 if row[:2] in ("+I", "+U") else -1
    return sorted((row if count > 0 else "removed: " + row)
                  for row, count in counts.items() for _ in range(abs(count)))


def printed_rows(output, sink):
    """The rows that the print sink named `sink` wrote; they may span lines."""
    rows, inside = [], False
    for line in output.split("\n"):
        match = re.match(r"([\w-]+)(?::\d+)?> (?=[+-][IUD]\[)", line)
        if match:
            inside = match.group(1) == sink
            if inside:
                rows.append(line[match.end():])
        elif inside and not rows[-1].endswith("]"):
            rows[-1] += "\n" + line
    return rows


def differences(program, output):
    """[(sink, wanted rows, rows it got)]"""
    wrong = []
    for step in filter(is_sink, program["setup"]):
        if "expectedBefore" not in step:
            continue
        names = [column["name"] for column in step["columns"] if column["kind"] != "computed"]
        key = [names.index(column) for column in step.get("primaryKey", [])]
        log = (step.get("expectedBefore") or []) + (step.get("expectedAfter") or [])
        if step["testChangelogData"]:
            want = final_rows(log, len(names), key)
        else:
            want = sorted(row[2:] for row in step.get("expectedMaterialized") or log)
        got = final_rows(printed_rows(output, step["name"]), len(names), key)
        if want != got:
            wrong.append((step["name"], want, got))
    return wrong
