"""What came of the cases that were tried, as it is known and as tables."""


class Report:
    """Prints each row as it is known, and keeps all for the tables. `only`: the rows whose name has this."""

    def __init__(self, only):
        self.only = only
        self.tables = []
        self.wrong, self.skipped = [], []

    def begin(self, title):
        self.tables.append((title, []))

    def wants(self, name):
        return self.only in f"{self.tables[-1][0]}: {name}"

    def add(self, name, row):
        title, rows = self.tables[-1]
        rows.append((name, row))
        faults = {case: text for case, text in row.items() if text.startswith("WRONG")}
        self.wrong += [f"{title}: {name}: {case}: {text}" for case, text in faults.items()]
        notes = "; ".join(f"{case}: {text}" for case, text in row.items() if text != "yes")
        print(f"{title}: {name}: {notes or 'all as it should be'}", flush=True)

    def skip(self, name, why):
        self.skipped.append(f"{name}: {why}")
        print(f"{self.tables[-1][0]}: {name}: SKIPPED: {why}", flush=True)

    def tables_text(self, arrange=list):
        lines = []
        for title, rows in self.tables:
            if rows:
                lines += ["", f"### {title}", ""] + table(arrange(rows))
        if self.skipped:
            lines += ["", "Skipped:", ""] + [f"- {text}" for text in self.skipped]
        return "\n".join(lines) + "\n"

    def write(self, path, arrange=list):
        """The tables; `arrange` makes other rows of them."""
        if path:
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.tables_text(arrange))
        tried = sum(len(rows) for _, rows in self.tables)
        print(f"{tried} tried, {len(self.skipped)} skipped, {len(self.wrong)} wrong")
        for text in self.wrong:
            print("  " + text)


def table(rows):
    cases = list(rows[0][1])
    lines = ["| | " + " | ".join(cases) + " |", "|---" * (len(cases) + 1) + "|"]
    for name, row in rows:
        lines.append(f"| {name} | " + " | ".join(row[case].replace("|", "\\|") for case in cases) + " |")
    return lines


def transposed(rows):
    """A row for each case."""
    cases = list(dict.fromkeys(case for _, row in rows for case in row))
    return [(case, {name: row.get(case, "") for name, row in rows}) for case in cases]
