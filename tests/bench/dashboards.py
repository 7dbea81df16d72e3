"""Writes Grafana's dashboards of the founding benchmark, one for each data source, so that both have
the same panels, those of steps.py.

    dashboards.py FOLDER      deploy/monitoring/grafana/dashboards
"""

import json
import os
import sys

from steps import CONCURRENCY, PANELS

COLUMNS, WIDTH, HEIGHT = 3, 8, 8


def influx_query(key, field):
    return f'SELECT mean("{key}.{field}") FROM "muster" WHERE $timeFilter GROUP BY time($__interval)'


def influx_target(key, field, letter):
    return {"refId": letter, "alias": field.partition("_")[0], "rawQuery": True,
            "resultFormat": "time_series", "query": influx_query(key, field)}


def prometheus_target(key, field, letter):
    return {"refId": letter, "legendFormat": field.partition("_")[0],
            "expr": f"muster_{key}_{field}"}


def on_the_right():
    """The concurrency, so that each value can be read against it."""
    return {"matcher": {"id": "byName", "options": CONCURRENCY[1]},
            "properties": [{"id": "custom.axisPlacement", "value": "right"},
                           {"id": "unit", "value": "none"},
                           {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [4, 4]}}]}


def panel(number, shown, target, source):
    fields = [(shown.key, field) for field in shown.fields] + [CONCURRENCY]
    unit = {"cores": "none"}.get(shown.unit, shown.unit)
    return {"id": number + 1, "type": "timeseries", "title": shown.title, "datasource": source,
            "gridPos": {"x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT, "w": WIDTH,
                        "h": HEIGHT},
            "interval": "1s",
            "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"spanNulls": 5000}},
                            "overrides": [on_the_right()]},
            "options": {"legend": {"displayMode": "list", "placement": "bottom"},
                        "tooltip": {"mode": "multi"}},
            "targets": [{**target(*field, chr(ord("A") + letter)), "datasource": source}
                        for letter, field in enumerate(fields)]}


def dashboard(name, target):
    source = {"type": name, "uid": f"muster-{name}"}
    return {"uid": f"muster-founding-{name}", "title": f"Founding benchmark ({name})",
            "tags": ["muster"], "schemaVersion": 38, "editable": False, "refresh": "5s",
            "time": {"from": "now-15m", "to": "now"},
            "panels": [panel(number, shown, target, source)
                       for number, shown in enumerate(PANELS)]}


def dashboards():
    """Text by file name."""
    made = {name: dashboard(name, target) for name, target in
            (("influxdb", influx_target), ("prometheus", prometheus_target))}
    return {f"founding_{name}.json": json.dumps(board, indent=1) + "\n"
            for name, board in made.items()}


def main():
    for name, text in dashboards().items():
        with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
