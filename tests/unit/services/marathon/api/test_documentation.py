"""docs/marathon.md lists what the API answers, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mesosdeploy.services.marathon.api.application import application
from tests.unit.services.marathon.api.fakes import FakeScheduler

if TYPE_CHECKING:
    from mesosdeploy.services.marathon.scheduler import Scheduler

_DOCUMENT = Path(__file__).parents[5] / "docs" / "marathon.md"
# Routes that only say that they are not built; the document names them in a sentence.
_NOT_BUILT = "not_built"


def test_the_table_of_endpoints_is_that_of_the_routes() -> None:
    listed = re.findall(r"^\| `([A-Z]+ /\S*)` \|", _DOCUMENT.read_text("utf-8"), re.MULTILINE)
    app = application(cast("Scheduler", FakeScheduler()))
    routes = {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None
        and route.method != "HEAD"
        and not route.resource.canonical.endswith("/")
        and route.handler.__name__ != _NOT_BUILT
    }
    assert sorted(listed) == sorted(routes)
