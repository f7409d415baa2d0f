"""Measure services: from a definition to the first answer, and what the balancer costs."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.services import CONNECTIONS, NAME, VHOST, definition

ANSWER_SECONDS = 60
LOAD_SECONDS = 5


@dataclass
class Services:
    """The figures of one run; `command` is how `mesosdeploy app` is called there."""

    command: list[str]
    inventory: Path
    environment: Mapping[str, str]
    variables: Mapping[str, Any]
    first_answer: list[float] = field(default_factory=list)
    direct: list[float] = field(default_factory=list)
    balanced: list[float] = field(default_factory=list)

    def measure(self, rounds: int) -> dict[str, Any]:
        """Deploy and remove `rounds` times; load the last one direct and balanced by turns."""
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "app.json"
            file.write_text(json.dumps(definition(release="bench", instances=1)))
            for number in range(rounds):
                began = time.monotonic()
                self._app("deploy", str(file), "--yes")
                self._until_answered()
                self.first_answer.append(time.monotonic() - began)
                print(f"app deploy to first answer: {self.first_answer[-1]:.2f} s", flush=True)
                if number == rounds - 1:
                    self._load(rounds)
                self._app("remove", NAME, "--yes")
        return self._figures()

    def _figures(self) -> dict[str, Any]:
        direct, balanced = statistics.median(self.direct), statistics.median(self.balanced)
        return {
            "app_deploy_to_first_answer_seconds": statistics.median(self.first_answer),
            "requests_per_second_direct": direct,
            "requests_per_second_through_haproxy": balanced,
            "haproxy_to_direct": balanced / direct,
        }

    @property
    def _balancer(self) -> str:
        return f"http://{self.variables['mesosdeploy_balancers'][0]['address']}/"

    def _app(self, *words: str) -> None:
        argv = [*self.command, words[0], "-i", str(self.inventory), *words[1:]]
        done = subprocess.run(
            argv, env=dict(self.environment), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}\n{done.stderr}")

    def _until_answered(self) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                answer = httpx.get(self._balancer, headers={"Host": VHOST}, timeout=2)
                if answer.status_code == httpx.codes.OK:
                    return
            time.sleep(0.05)
        raise SystemExit(f"{self._balancer} did not answer for {VHOST} in {ANSWER_SECONDS} s")

    def _load(self, rounds: int) -> None:
        """Both ways ask the same instance, by turns, so that they meet the same machine."""
        address = self.variables["mesosdeploy_marathon_servers"][0]["address"]
        task = httpx.get(f"http://{address}:8080/v2/apps/{NAME}/tasks").json()["tasks"][0]
        for _ in range(rounds):
            self.direct.append(_wrk(f"http://{task['host']}:{task['ports'][0]}/"))
            self.balanced.append(_wrk(self._balancer))


def _wrk(url: str) -> float:
    """Return the requests per second of a few connections that are kept."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{LOAD_SECONDS}s", "-H", f"Host: {VHOST}", url],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout:
        raise SystemExit(f"{url}: {done.stdout}")
    print(f"{url}: {found[1]} requests per second", flush=True)
    return float(found[1])
