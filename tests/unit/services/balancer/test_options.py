"""The balancer's settings: which are taken, and that a refusal shows no password."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy.services.balancer import options
from mesosdeploy.services.balancer.__main__ import main


def _write(path: Path, **settings: Any) -> Path:
    file = path / "balancer.json"
    file.write_text(json.dumps(settings))
    return file


def test_settings_are_read(tmp_path: Path) -> None:
    file = _write(tmp_path, marathon=["http://a:8080"], credentials="me:pa:ss", groups=["*"])
    found = options.load(file)
    assert found.marathon == ("http://a:8080",)
    assert found.groups == ("*",)
    assert found.credentials == "me:pa:ss"


def test_schema_knows_every_setting() -> None:
    schema = json.loads(Path(options.__file__).with_name("options.schema.json").read_text())
    assert set(schema["properties"]) == {each.name for each in fields(options.Options)}
    assert all("description" in each for each in schema["properties"].values())


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        pytest.param({"marathon": []}, "marathon (minItems)", id="no instance"),
        pytest.param({}, "the file (required)", id="nothing"),
        pytest.param(
            {"marathon": ["http://a:1"], "port": 1},
            "the file (additionalProperties)",
            id="misspelt",
        ),
        pytest.param(
            {"marathon": ["http://a:1"], "credentials": "hunter2"},
            "credentials (pattern)",
            id="credentials",
        ),
        pytest.param(
            {"marathon": ["http://a:1"], "bind_address": "* user root"},
            "bind_address (pattern)",
            id="injection",
        ),
    ],
)
def test_bad_settings_are_refused_without_their_values(
    tmp_path: Path, settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(options.OptionsError, match="does not fit") as caught:
        options.load(_write(tmp_path, **settings))
    assert str(caught.value).endswith(f"options.schema.json: {reason}")


def test_program_checks_settings_and_starts_nothing(tmp_path: Path) -> None:
    good = _write(tmp_path, marathon=["http://a:1"])
    assert main(["--check", "--config", str(good)]) == 0
    assert main(["--check", "--config", str(tmp_path / "missing.json")]) == 2
