"""Each molecule scenario: create, check, converge, idempotence, check, verify, destroy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mesosdeploy.ansible import Strategy, mitogen_strategies

pytestmark = pytest.mark.containers
ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml"))
MOLECULE = Path(sys.executable).with_name("molecule")
assert SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_passes(scenario: str, tmp_path: Path) -> None:
    log = tmp_path / "molecule.log"
    with log.open("w") as output:
        done = subprocess.run(
            [str(MOLECULE), "test", "--scenario-name", scenario],
            cwd=ROOT,
            env={
                **os.environ,
                "MESOSDEPLOY_STATE_DIR": str(tmp_path / "state"),
                "PATH": f"{MOLECULE.parent}:{os.environ['PATH']}",
                "NO_COLOR": "1",
                # The strategy that the command takes too; tests/e2e runs Ansible's own.
                "ANSIBLE_STRATEGY": Strategy.MITOGEN.value,
                "ANSIBLE_STRATEGY_PLUGINS": str(mitogen_strategies()),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=900,
            check=False,
        )
    assert done.returncode == 0, log.read_text()[-6000:]
