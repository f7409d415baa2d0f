"""Every query of the dashboards is one that Prometheus understands."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.e2e.dashboards import filled, panels


def test_promtool_accepts_every_query(tmp_path: Path) -> None:
    asked = [query.expr for _page, panel in panels() for query in panel.queries]
    assert len(asked) > 150
    rules = [{"record": f"asked:{i}", "expr": filled(expr)} for i, expr in enumerate(asked)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"{len(asked)} rules found" in done.stdout
