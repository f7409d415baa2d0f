"""What is true of the dashboards that Prometheus serves."""

from __future__ import annotations

from typing import Any

import pytest

from mesosdeploy.verify import infra
from mesosdeploy.verify.prometheus import CLIENT

_PROBE = (
    CLIENT
    + """
names = [os.path.basename(p) for p in glob.glob(argument("web.console.templates") + "/*.html")]
pages = {name: get("/consoles/" + name, secret) for name in sorted(names)}
parts = sorted({p for _s, text in pages.values() for p in re.findall(r'"[.][.]/user/([^"?]+)', text)})
print(json.dumps({
    "asks": bool(argument("web.config.file")), "secret": bool(secret),
    "pages": {name: [status, "</html>" in text, "{{" in text] for name, (status, text) in pages.items()},
    "parts": {part: get("/user/" + part, secret)[0] for part in parts},
}))
"""  # noqa: E501 - a program of its own
)


@pytest.fixture(scope="module")
def served(host: Any) -> dict[str, Any]:
    """Return what Prometheus answers for each page, and for each part that a page names."""
    found: dict[str, Any] = infra.look(host, _PROBE)
    if found["asks"] and not found["secret"]:
        pytest.skip("Prometheus asks for a password, which the node does not know")
    return found


def test_every_dashboard_is_served(served: dict[str, Any]) -> None:
    assert "index.html" in served["pages"], "there is no overview"
    broken = {name for name, seen in served["pages"].items() if seen != [200, True, False]}
    assert not broken, f"Prometheus does not serve {', '.join(sorted(broken))}; see its journal"


def test_every_part_of_a_dashboard_is_served(served: dict[str, Any]) -> None:
    assert {"chart.min.js", "dashboards.css"} <= set(served["parts"])
    missing = {name for name, status in served["parts"].items() if status != 200}
    assert not missing, f"Prometheus does not serve {', '.join(sorted(missing))}"
