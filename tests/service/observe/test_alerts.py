"""Rules and dashboard: they are what Prometheus and Grafana read, and ask for nothing that a service does not give."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from itertools import combinations

import jsonschema
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hetero2.service import core
from hetero2.service.domain.states import State
from hetero2.service.observe.backlog import BacklogCollector
from hetero2.service.settings import Settings
from tests.conftest import ROOT

pytestmark = pytest.mark.service
OBSERVE = files("hetero2.service.observe")
HERE = ROOT / "tests/service/observe"
RULES = OBSERVE / "alerts.yaml"
DASHBOARD = json.loads((OBSERVE / "dashboard.json").read_text())
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
TESTED = yaml.safe_load((HERE / "alerts_test.yaml").read_text())["tests"]
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def promtool(*words):
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """{name of a sample that a service gives: its labels}."""
    service = core.open_service(Settings(folder=tmp_path_factory.mktemp("exported")))
    service.metrics.request("GET", "/", 200, 0.1)
    service.metrics.sign_in_failed("token")
    service.metrics.attempt("screen", State.COMPLETE, 1.0, 1, 1)
    service.metrics.registry.register(BacklogCollector(service))
    families = text_string_to_metric_families(generate_latest(service.metrics.registry).decode())
    names: dict[str, set[str]] = {}
    for family in families:
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    service.engine.dispose()
    return names


def series(query):
    """(metric, labels it is picked by) of a query."""
    for name, picked in re.findall(r"\b((?:hetero2|process)_[a-z0-9_]+)(?:\{([^}]*)\})?", query):
        yield name, set(re.findall(r"(\w+)\s*(?:=|!)", picked))


@needs_promtool
def test_each_rule_fires_where_it_should_and_nowhere_else():
    promtool("test", "rules", HERE / "alerts_test.yaml")


def test_each_rule_is_tested_both_ways():
    shown = {True: set(), False: set()}
    for case in TESTED:
        for look in case["alert_rule_test"]:
            shown[bool(look["exp_alerts"])].add(look["alertname"])
    names = {rule["alert"] for rule in ALERTS}
    assert shown == {True: names, False: names}


@needs_promtool
def test_each_query_of_the_dashboard_is_one(tmp_path):
    queries = [query.replace("$__rate_interval", "5m") for query in QUERIES]
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", path)
    path.write_text(path.read_text().replace("sum(", "sum((", 1))
    with pytest.raises(AssertionError):
        promtool("check", "rules", path)


@pytest.mark.parametrize("query", [*(rule["expr"] for rule in ALERTS), *QUERIES])
def test_what_is_asked_for_is_exported(exported, query):
    asked = list(series(query))
    assert asked, "a query names a metric"
    for name, labels in asked:
        assert name in exported
        assert labels <= exported[name], name
    (first, *_) = asked
    for grouped in re.findall(r"by \(([^)]*)\)", query):
        assert set(grouped.replace(" ", "").split(",")) <= exported[first[0]], query


def test_the_dashboard_is_one_that_grafana_reads():
    schema = json.loads((HERE / "dashboard.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(DASHBOARD)
    for broken in ({"panels": []}, {"title": ""}, {"panel": 1}, {"schemaVersion": "39"}):
        assert not validator.is_valid({**DASHBOARD, **broken})
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_no_two_panels_lie_on_each_other():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        is_beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        is_above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert is_beside or is_above


def test_the_metrics_of_the_page_are_those_of_the_code(exported):
    page = (ROOT / "docs/service-operations.md").read_text()
    rows = page[page.index("| metric |") :].partition("\n\n")[0].splitlines()[2:]
    shown = {}
    for row in rows:
        name, labels, *_ = (cell.strip() for cell in row.strip("|").split("|"))
        shown[name.strip("`")] = set(re.findall(r"`(\w+)`", labels))
    real = {}
    for name, labels in exported.items():
        if name.startswith("hetero2_") and not name.endswith(("_created", "_count", "_sum")):
            real[name.removesuffix("_bucket")] = labels - {"le"}
    assert shown == real


def test_the_alerts_of_the_page_are_those_of_the_code():
    page = (ROOT / "docs/service-operations.md").read_text()
    rows = page[page.index("| alert |") :].partition("\n\n")[0].splitlines()[2:]
    shown = {row.split("|")[1].strip(" `"): row.split("|")[2].strip() for row in rows}
    assert shown == {rule["alert"]: rule["labels"]["severity"] for rule in ALERTS}
