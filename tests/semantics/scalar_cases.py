"""Scalar cases: one row of inputs, one expression, its results as text."""
import json
import os
import re

# What the JSON format cannot carry into a column; such inputs are written as
# literals of SQL.
NOT_IN_JSON = re.compile(
    r"\b(INTERVAL|MULTISET|RAW|BITMAP|VARIANT|STRUCTURED|NULL|UNSUPPORTED)\b"
    r"|MAP<(?!STRING|VARCHAR|CHAR)|\*")


class Skipped(Exception):
    """The case cannot be put to an engine by SQL text and files."""


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def of_functions(path):
    for case in read_lines(path):
        item = {"id": case["id"], "sql": case["sql"], "config": case["config"],
                "inputs": case["inputs"]}
        if case["udfs"]:
            item["skip"] = "user function"
        elif "error" in case:
            item["error"] = True
        elif case.get("typeOnly") or any("asString" not in value for value in case["expected"]):
            item["skip"] = "no result as text"
        else:
            item["want"] = [value["asString"] for value in case["expected"]]
        yield item


def of_expressions(path, fixtures):
    columns = {fixture["fixture"]: fixture for fixture in read_lines(fixtures)}
    for case in read_lines(path):
        fixture = columns[case["fixture"]]
        item = {"id": case["id"], "sql": case["sql"], "config": case["config"],
                "inputs": fixture["columns"]}
        if any(re.search(rf"\b{udf['name']}\b", case["sql"]) for udf in fixture["udfs"]):
            item["skip"] = "user function"
        elif case["kind"] == "error":
            item["error"] = True
        elif case["kind"] == "runs":
            item["skip"] = "no result as text"
        else:
            item["want"] = [None if case["expected"] == "NULL" else case["expected"]]
        yield item


def used_inputs(item):
    return [column for column in item["inputs"]
            if re.search(rf"\b{re.escape(column['name'])}\b", item["sql"])]


def as_declared(value, type_text):
    """The value as a column of that type holds it: padded, cut to its precision."""
    match = re.match(r"(CHAR|TIMESTAMP|TIMESTAMP_LTZ|TIME)\((\d+)\)", type_text)
    if not match or not isinstance(value, str):
        return value
    length = int(match.group(2))
    if match.group(1) == "CHAR":
        return value[:length].ljust(length)
    return re.sub(r"\.(\d+)",
                  lambda found: "." + found.group(1)[:length] if length else "", value)


class InputTable:
    """The row that some cases of one script read, from a file or as literals."""

    def __init__(self, name, folder, as_literals):
        self.name, self.folder, self.as_literals = name, folder, as_literals
        self.columns = {}
        self.items = []

    def takes(self, item):
        return all(self.columns.get(column["name"], column) == column
                   for column in used_inputs(item))

    def add(self, item):
        self.columns.update((column["name"], column) for column in used_inputs(item))
        self.items.append(item)

    def statements(self):
        from_file, written = [], []
        for column in self.columns.values():
            in_file = "value" in column and not NOT_IN_JSON.search(
                column["type"].replace("NOT NULL", ""))
            if in_file and not self.as_literals:
                from_file.append(column)
            elif "sql" in column:
                written.append(column)
            else:
                raise Skipped("no literal for " + column["name"])
        source = os.path.join(self.folder, self.name + ".json")
        with open(source, "w", encoding="utf-8") as file:
            row = {column["name"]: as_declared(column["value"], column["type"])
                   for column in from_file}
            file.write(json.dumps({"one_row": 0, **row}, ensure_ascii=False) + "\n")
        declared = "".join(f", `{column['name']}` {column['type']}" for column in from_file)
        selected = ", ".join(["one_row"] + [f"`{column['name']}`" for column in from_file]
                             + [f"{column['sql']} AS `{column['name']}`" for column in written])
        names, inner = [], []
        for index, item in enumerate(self.items):
            inner.append(item["sql"])
            names += [f"c{index}_{part}" for part in range(len(item.get("want", [0])))]
        rows = f"(SELECT {selected} FROM `{self.name}`) AS T"
        if self.as_literals:
            rows = "(VALUES ({})) AS T({})".format(
                ", ".join(["0"] + [column["sql"] for column in written]),
                ", ".join(["one_row"] + [f"`{column['name']}`" for column in written]))
        return [
            f"CREATE TABLE `{self.name}` (one_row INT{declared}) WITH ('connector' = "
            f"'filesystem', 'path' = '{source}', 'format' = 'json');",
            "CREATE TABLE `{0}_out` ({1}) WITH ('connector' = 'changelog-out', 'mode' = "
            "'retract', 'path' = '{2}');".format(
                self.name, ", ".join(f"{name} STRING" for name in names), self.result_path()),
            "INSERT INTO `{}_out` SELECT {} FROM (SELECT {} FROM {}) AS X({});".format(
                self.name, ", ".join(f"CAST({name} AS STRING)" for name in names),
                ", ".join(inner), rows, ", ".join(names)),
        ]

    def result_path(self):
        return os.path.join(self.folder, self.name + "_out")

    def results(self):
        """[(item, the texts it gave)]"""
        lines = []
        for part in sorted(os.listdir(self.result_path())):
            with open(os.path.join(self.result_path(), part), encoding="utf-8") as file:
                lines += file.read().splitlines()
        if len(lines) != 1:
            raise RuntimeError(f"{len(lines)} rows for one row of input")
        cells = json.loads(lines[0].split(" ", 1)[1])
        for item in self.items:
            count = len(item.get("want", [0]))
            yield item, cells[:count]
            cells = cells[count:]


def make_script(items, folder, as_literals):
    """(text, tables) that compute all `items`, which share one configuration."""
    tables = []
    for item in items:
        table = next((table for table in tables if table.takes(item)), None)
        if table is None:
            table = InputTable(f"t{len(tables)}", folder, as_literals)
            tables.append(table)
        table.add(item)
    settings = {"table.local-time-zone": "UTC", **items[0]["config"]}
    lines = ["SET '{}' = '{}';".format(key, value.replace("'", "''"))
             for key, value in settings.items()]
    for table in tables:
        lines += table.statements()
    return "\n".join(lines) + "\n", tables


def same(want, got):
    """Equal, where the order of a map's entries does not count."""
    def unordered(text):
        if text is not None and text[:1] in ("{", "[") and "=" in text:
            return sorted(re.split(r"[{}, ]+", text))
        return text
    return len(want) == len(got) and all(
        a == b or unordered(a) == unordered(b) for a, b in zip(want, got))
