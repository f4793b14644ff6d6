#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# packaging/prometheus and packaging/grafana without a Prometheus: promtool finds nothing wrong with the rules, each alert
# is tested firing and not firing, every metric that is asked for is one of docs/metrics.md, and the dashboard keeps the
# rules of good dashboards. With a Prometheus they are in tests/e2e/prometheus_test.cc.
# Prints each breach; exit status 1: there was one, 4: promtool is missing (with CI=true that is a breach).
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "packaging/prometheus"
DASHBOARD = ROOT / "packaging/grafana/trestle.json"
# Of Prometheus itself, about the scrape.
OF_PROMETHEUS = {"up", "scrape_duration_seconds", "scrape_samples_scraped"}

breaches = []


def breach(text):
    breaches.append(text)


def run_promtool():
    rules = [str(PROMETHEUS / "alerts.yml"), str(PROMETHEUS / "recording.yml")]
    tests = sorted(str(path) for path in (PROMETHEUS / "tests").glob("*.yml"))
    for command in (["check", "rules", *rules], ["test", "rules", *tests]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            breach("promtool " + " ".join(command[:2]) + ":\n" + done.stdout + done.stderr)


def check_that_all_rules_are_tested():
    alerts = re.findall(r"- alert: (\w+)", (PROMETHEUS / "alerts.yml").read_text())
    text = (PROMETHEUS / "tests/alerts_test.yml").read_text()
    silent = set(re.findall(r"alertname: (\w+), eval_time: \w+, exp_alerts: \[\]", text))
    firing = set(re.findall(r"alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:\n +- exp_labels", text))
    for alert in alerts:
        if alert not in silent:
            breach(f"{alert} is nowhere tested not to fire")
        if alert not in firing:
            breach(f"{alert} is nowhere tested to fire")
        if f"| `{alert}` |" not in (ROOT / "docs/monitoring.md").read_text():
            breach(f"docs/monitoring.md does not list {alert}")
    if len(alerts) < 10:
        breach("alerts.yml could not be read by this test")
    recorded = re.findall(r"- record: (\S+)", (PROMETHEUS / "recording.yml").read_text())
    text = (PROMETHEUS / "tests/recording_test.yml").read_text()
    for name in recorded:
        if not re.search(r"- expr: .*" + re.escape(name), text):
            breach(f"{name} is nowhere tested")


# Whatever an expression asks for, without labels, functions and recorded names.
def metrics_in(expression):
    bare = re.sub(r'"[^"]*"', "", expression)
    found = set(re.findall(r"(?<![\w:$])((?:trestle|process|exposer)_\w+)(?![\w:])", bare))
    found |= {name for name in OF_PROMETHEUS if re.search(rf"(?<!\w){name}(?!\w)\s*[{{=<>]", bare)}
    return found


def documented_metrics():
    names = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text(), re.M))
    return names | {name + end for name in names for end in ("_bucket", "_sum", "_count")} | OF_PROMETHEUS


def check_metrics(where, expression, documented):
    for name in sorted(metrics_in(expression) - documented):
        breach(f"{where} asks for {name}, which docs/metrics.md does not have")


def overlap(a, b):
    return (a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
            and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])


def check_panel(panel, variables, documented):
    where = f"panel {panel['id']} ({panel['title']})"
    if panel["type"] == "row":
        return
    if len(panel.get("description", "")) < 20:
        breach(f"{where} does not describe what it shows")
    if not panel["fieldConfig"]["defaults"].get("unit"):
        breach(f"{where} has no unit")
    if panel["datasource"]["uid"] != "${datasource}":
        breach(f"{where} is bound to a data source")
    if not panel["targets"]:
        breach(f"{where} asks nothing")
    for target in panel["targets"]:
        if target["datasource"]["uid"] != "${datasource}":
            breach(f"{where} is bound to a data source")
        check_metrics(where, target["expr"], documented)
        if not metrics_in(target["expr"]):
            breach(f"{where}: this test finds no metric in {target['expr']}")
        for used in re.findall(r"\$(\w+)", target["expr"]):
            if used not in variables and not used.startswith("__"):
                breach(f"{where} uses ${used}, which is no variable of the dashboard")
        if panel["type"] == "timeseries" and not target["legendFormat"]:
            breach(f"{where} has a line without a legend")


def check_dashboard(documented):
    dashboard = json.loads(DASHBOARD.read_text())
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    for name in ("datasource", "job", "instance", "bridge", "port"):
        if name not in variables:
            breach(f"the dashboard has no variable {name}")
    for variable in variables.values():
        if variable["type"] == "query":
            check_metrics(f"variable {variable['name']}", variable["query"]["query"], documented)
    panels = dashboard["panels"]
    if len({panel["id"] for panel in panels}) != len(panels):
        breach("two panels have one id")
    for i, panel in enumerate(panels):
        check_panel(panel, variables, documented)
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
            breach(f"panel {panel['id']} is beyond the right edge")
        for other in panels[:i]:
            if overlap(panel["gridPos"], other["gridPos"]):
                breach(f"panels {other['id']} and {panel['id']} overlap")


def main():
    if shutil.which("promtool") is None and os.environ.get("CI") != "true":
        print("promtool is not installed: skipped")
        sys.exit(4)
    run_promtool()
    check_that_all_rules_are_tested()
    documented = documented_metrics()
    for name in ("alerts.yml", "recording.yml"):
        text = re.sub(r"^ *#.*$", "", (PROMETHEUS / name).read_text(), flags=re.M)
        text = re.sub(r"^ *- (?:record|alert|name): .*$", "", text, flags=re.M)
        check_metrics(name, text, documented)
    check_dashboard(documented)
    for text in breaches:
        print(text)
    print(f"{len(breaches)} breaches")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
