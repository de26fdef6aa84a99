"""What Prometheus and Grafana are given in deploy/ asks only for what is exported, and each alert says what to do.

That the alerts fire when they must is tested with Prometheus's own promtool: `make alerts`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from promql_parser import AggregateExpr, Expr, MatchOp, VectorSelector, parse, walk

from contracts import protocol
from projections.measured import metrics, series_at_most
from tests.docs.pages import ROOT

OF_THE_PROTOCOL = protocol.read().rule_ids
SCRAPED = {"instance", "job"}
"""Labels that the Prometheus server itself gives every series."""
OPERATE = (ROOT / "docs" / "operate.md").read_text()
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "barnabus.json").read_text())
ALERT_TESTS = yaml.safe_load((ROOT / "tests" / "alerts.yml").read_text())["tests"]
EXPORTED = {
    name + ("_total" if metric.counts_up else "_bucket" if "le" in metric.labels else ""): metric
    for name, metric in metrics(OF_THE_PROTOCOL).items()
}
ASKED = {rule["alert"]: rule["expr"] for rule in RULES} | {
    panel["title"]: target["expr"].replace("$instance", ".*")
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", ())  # a row has none
}


def nodes(expr: Expr) -> list[Any]:
    found: list[Any] = []
    walk(expr, pre_visit=found.append)
    return found


@pytest.mark.parametrize("name", ASKED)
def test_only_what_is_exported_is_asked_for(name: str) -> None:
    asked = nodes(parse(ASKED[name]))
    known = set(SCRAPED)
    for selector in (node for node in asked if isinstance(node, VectorSelector)):
        if selector.name == "up":
            continue
        assert selector.name
        vocabulary = EXPORTED[selector.name].labels
        known |= set(vocabulary)
        for matcher in selector.matchers.matchers:
            if matcher.name not in SCRAPED:
                values = matcher.value.split("|") if matcher.op in (MatchOp.Re, MatchOp.NotRe) else [matcher.value]
                assert set(values) <= set(vocabulary[matcher.name])
    by = {
        label for node in asked if isinstance(node, AggregateExpr) and node.modifier for label in node.modifier.labels
    }
    assert by <= known


def test_every_alert_says_what_it_is_and_what_to_do() -> None:
    sections = {title.lower() for title in re.findall(r"^#### (\w+)$", OPERATE, re.MULTILINE)}
    assert sections == {rule["alert"].lower() for rule in RULES}
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}
        assert rule["annotations"]["runbook"] == f"docs/operate.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_every_alert_is_shown_to_fire_and_to_be_silent() -> None:
    shown = [one for test in ALERT_TESTS for one in test["alert_rule_test"]]
    for fires in (True, False):
        named = {one["alertname"] for one in shown if bool(one.get("exp_alerts")) is fires}
        assert named == {rule["alert"] for rule in RULES}


def test_every_metric_is_explained() -> None:
    assert set(re.findall(r"^\| `(barnabus_\w+)", OPERATE, re.MULTILINE)) == set(EXPORTED)
    assert series_at_most(OF_THE_PROTOCOL) <= 5_500
    assert "5,500 series at most" in OPERATE
    assert series_at_most((*OF_THE_PROTOCOL, "one-more")) - series_at_most(OF_THE_PROTOCOL) == 30
    assert "each rule more of another protocol adds 30" in OPERATE


def test_the_dashboard_asks_whichever_prometheus_it_is_given() -> None:
    sources = list(_all(DASHBOARD, "datasource"))
    assert len(sources) > len(DASHBOARD["panels"])
    assert {(source["type"], source["uid"]) for source in sources} == {("prometheus", "${datasource}")}
    assert "datasource" in {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    (by_instance,) = [one["query"]["query"] for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]
    assert re.findall(r"barnabus_\w+", by_instance) == ["barnabus_view_readable"]


def _all(found: Any, name: str) -> Iterator[Any]:
    children = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    if isinstance(found, dict) and name in found:
        yield found[name]
    for child in children:
        yield from _all(child, name)
