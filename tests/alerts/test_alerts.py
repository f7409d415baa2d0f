"""Every alert rule fires when it must and is silent otherwise, says so, and has a runbook."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "roles" / "prometheus" / "files" / "rules").glob("*.yml"))
TESTS = sorted(Path(__file__).parent.glob("*.yml"))
PROMTOOL = shutil.which("promtool")
SEVERITIES = {"critical", "warning", "info", "none"}
# It fires always, so that its absence is noticed.
NEVER_SILENT = {("Watchdog", "none")}

needs_promtool = pytest.mark.skipif(not PROMTOOL, reason="Debian's package prometheus is missing")

Rule = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One question of a test file: whether a rule fires at a time."""

    rule: Rule
    fires: bool
    test: dict[str, Any]
    eval_time: str


def _load(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def _alerts() -> list[tuple[Path, dict[str, Any]]]:
    return [
        (path, rule)
        for path in RULES
        for group in _load(path)["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]


def _key(rule: dict[str, Any]) -> Rule:
    return rule["alert"], rule["labels"]["severity"]


def _claims(path: Path) -> list[Claim]:
    found = []
    for test in _load(path)["tests"]:
        for asked in test["promql_expr_test"]:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', asked["expr"]))
            assert labels["alertstate"] == "firing"
            found.append(
                Claim(
                    rule=(labels["alertname"], labels["severity"]),
                    fires=bool(asked.get("exp_samples")),
                    test=test,
                    eval_time=asked["eval_time"],
                )
            )
    return found


def _promtool(*argv: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROMTOOL), *map(str, argv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


every_alert = pytest.mark.parametrize(
    ("path", "rule"), _alerts(), ids=["-".join(_key(rule)) for _path, rule in _alerts()]
)


def test_each_file_of_rules_has_a_file_of_tests() -> None:
    assert RULES
    assert [path.name for path in TESTS] == [path.name for path in RULES]


@needs_promtool
@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_promtool_accepts_the_rules(path: Path) -> None:
    done = _promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout


@needs_promtool
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_rules_fire_and_are_silent_as_their_tests_say(path: Path) -> None:
    done = _promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout


def test_every_rule_is_shown_firing() -> None:
    shown = {claim.rule for path in TESTS for claim in _claims(path) if claim.fires}
    assert shown == {_key(rule) for _path, rule in _alerts()}


def test_every_rule_is_shown_silent() -> None:
    shown = {claim.rule for path in TESTS for claim in _claims(path) if not claim.fires}
    assert shown == {_key(rule) for _path, rule in _alerts()} - NEVER_SILENT


@every_alert
def test_rule_says_how_bad_it_is_and_what_to_read(path: Path, rule: dict[str, Any]) -> None:
    name, severity = _key(rule)
    assert severity in SEVERITIES, path.name
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
    assert "$value" in rule["annotations"]["description"]
    assert "{{" not in rule["annotations"]["summary"], "a summary is the same for the whole group"


@every_alert
def test_rule_has_a_runbook_with_the_first_steps(path: Path, rule: dict[str, Any]) -> None:
    text = (ROOT / rule["annotations"]["runbook"]).read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == f"# {rule['alert']}", path.name
    assert [line for line in lines if line.startswith("## ")] == [
        "## What it means",
        "## First steps",
        "## How to see that it is over",
    ]
    steps = [line for line in lines if re.match(r"\d\. ", line)]
    assert [step[0] for step in steps] == ["1", "2", "3"]


def test_every_runbook_is_of_an_alert() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {rule["alert"] for _path, rule in _alerts()}


def test_alerts_with_one_name_share_their_runbook_and_differ_in_severity() -> None:
    keys = [_key(rule) for _path, rule in _alerts()]
    assert keys
    assert len(keys) == len(set(keys))


@needs_promtool
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_texts_are_complete_when_the_alert_fires(path: Path, tmp_path: Path) -> None:
    """promtool prints the alerts that it did not expect: here all of them."""
    content = _load(path)
    firing = [claim for claim in _claims(path) if claim.fires]
    assert firing
    question = {
        "rule_files": [str((path.parent / name).resolve()) for name in content["rule_files"]],
        "evaluation_interval": content["evaluation_interval"],
        "tests": [
            {
                "interval": claim.test["interval"],
                "input_series": claim.test.get("input_series", []),
                "alert_rule_test": [
                    {"eval_time": claim.eval_time, "alertname": claim.rule[0], "exp_alerts": []}
                ],
            }
            for claim in firing
        ],
    }
    file = tmp_path / "texts.yml"
    file.write_text(json.dumps(question), encoding="utf-8")
    said = re.findall(r'description=("(?:[^"\\]|\\.)*")', _promtool("test", "rules", file).stdout)
    texts = [json.loads(each) for each in said]
    assert len(texts) >= len(firing)
    wrong = re.compile(r"error (calling|expanding|executing)|no value|NaN|\{\{|\}\}|  |%!|[^.]$")
    assert not [text for text in texts if wrong.search(text)]
