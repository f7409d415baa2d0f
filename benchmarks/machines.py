"""Measure making, planning and removing many machines, against moto's server for AWS.

What is measured is the command's own work and its calls: moto keeps everything in memory and its
machines run at once, but its lists take seconds where there are a thousand machines. So
the server's own time is told beside the command's.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
SERVER = ROOT / "tests" / "services" / "aws" / "server.py"
COMMAND = "python -m benchmarks.machines"
REGION = "eu-central-1"
BOUND_SECONDS = 900
"""How long one command may take."""
OTHERS = 4
"""Three masters and a monitor; the rest of the machines are agents."""

SPEC = """\
name: bench
provider:
  type: aws
  region: {region}
  admin_cidrs: [203.0.113.0/24]
  image: {{name: "debian-12-*", owner: self, user: admin}}
groups:
  masters: {{count: 3}}
  agents: {{count: {agents}}}
  monitors: {{count: 1}}
"""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One command: its wall time, its processor time, its peak memory, and its calls to the API."""

    seconds: float
    processor_seconds: float
    peak_mib: float
    calls: Mapping[str, int]
    server_seconds: Mapping[str, float]
    steps: Mapping[str, float] = field(default_factory=dict)
    last_line: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return plain data, rounded."""
        return {
            "seconds": round(self.seconds, 2),
            "processor_seconds": round(self.processor_seconds, 2),
            "peak_mib": round(self.peak_mib, 1),
            "calls": dict(sorted(self.calls.items())),
            "server_seconds": {k: round(v, 2) for k, v in sorted(self.server_seconds.items())},
            "steps": {name: round(value, 2) for name, value in self.steps.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One cluster in a cloud of its own."""

    url: str
    directory: Path

    @property
    def inventory(self) -> Path:
        """Where the spec is."""
        return self.directory / "inventory"

    @property
    def state(self) -> Path:
        """The cluster's state directory."""
        return self.directory / "state" / "bench"

    def environment(self) -> dict[str, str]:
        """Return the environment of every measured command."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "MESOSDEPLOY_STATE_DIR": str(self.directory / "state"),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIABENCHBENCHBENCHB",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CI": "true",
        }

    def size(self, machines: int) -> None:
        """Write a spec with this many machines."""
        self.inventory.mkdir(parents=True, exist_ok=True)
        text = SPEC.format(region=REGION, agents=machines - OTHERS)
        (self.inventory / "cluster.yml").write_text(text)

    def run(self, name: str, *words: str) -> Measured:
        """Run a command that must succeed and tell what it took."""
        httpx.put(f"{self.url}/_faults", json=[]).raise_for_status()
        argv = [*words, "-i", str(self.inventory)]
        began = time.monotonic()
        with tempfile.TemporaryFile() as told:
            process = subprocess.Popen(
                argv, cwd=ROOT, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=told, stderr=subprocess.STDOUT,
            )  # fmt: skip
            bound = threading.Timer(BOUND_SECONDS, process.kill)
            bound.start()
            # Of this child alone, which `resource.getrusage` cannot tell.
            _, status, usage = os.wait4(process.pid, 0)
            bound.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.monotonic() - began
            told.seek(0)
            text = told.read().decode(errors="replace").strip()
            if process.returncode != 0:
                sys.exit(f"{' '.join(argv)} ended with {process.returncode}\n{text[-4000:]}")
        log = httpx.get(f"{self.url}/_log", timeout=60).json()
        spent: Counter[str] = Counter()
        for entry in log:
            spent[entry["action"]] += float(entry.get("seconds", 0))
        found = Measured(
            seconds=seconds,
            processor_seconds=usage.ru_utime + usage.ru_stime,
            peak_mib=usage.ru_maxrss / 1024,
            calls=Counter(entry["action"] for entry in log),
            server_seconds=spent,
            steps=self._steps() if self.state.exists() else {},
            last_line=text.rpartition("\n")[2],
        )
        print(f"{name}: {json.dumps(found.as_data())}", flush=True)
        return found

    def product(self, name: str, verb: str, *words: str) -> Measured:
        """Run a subcommand of the product."""
        return self.run(name, sys.executable, "-m", "mesosdeploy", verb, *words)

    def _steps(self) -> dict[str, float]:
        """Return how long each step of the last run took, as the journal has it."""
        lines = (self.state / "journal.jsonl").read_text().splitlines()
        entries = [entry for entry in map(json.loads, lines) if "step" in entry]
        last = [entry for entry in entries if entry["run"] == entries[-1]["run"]]
        times = {(e["step"], e["event"]): datetime.fromisoformat(e["time"]) for e in last}
        return {
            step: (ended - times[step, "begin"]).total_seconds()
            for (step, event), ended in times.items()
            if event == "end"
        }


@contextmanager
def cloud() -> Iterator[str]:
    """Start a server with an image, and give its address."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        client = boto3.client(
            "ec2",
            region_name=REGION,
            endpoint_url=url,
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106 - of a cloud that is made for this run
        )
        client.register_image(
            Name="debian-12-amd64-20260101", RootDeviceName="/dev/xvda", Architecture="x86_64"
        )
        try:
            yield url
        finally:
            process.terminate()


def life(machines: int) -> dict[str, Any]:
    """Measure a cluster of this many machines from nothing to nothing, in a new cloud."""
    with cloud() as url, tempfile.TemporaryDirectory() as scratch:
        bench = Bench(url=url, directory=Path(scratch))
        bench.size(machines)
        rows = {
            "plan of all": bench.product("plan of all", "plan"),
            "up": bench.product("up", "up", "--until", "machines", "--yes"),
            "render": bench.run("render", sys.executable, "-m", "benchmarks.machines", "--render"),
            "plan of nothing": bench.product("plan of nothing", "plan"),
        }
        bench.size(machines + 1)
        rows["one more"] = bench.product("one more", "up", "--until", "machines", "--yes")
        rows["down"] = bench.product("down", "down", "--yes")
        result = {name: row.as_data() for name, row in rows.items()}
        result["render"]["writing_seconds"] = float(rows["render"].last_line)
        return result


def render(source: Path) -> None:
    """Write the inventory of the recorded machines, and say how long that took."""
    from mesosdeploy.state import record
    from mesosdeploy.workflow import install
    from mesosdeploy.workflow.environment import Environment

    environment = Environment.load(source)
    state = record.load(environment.directory)
    assert state is not None
    began = time.monotonic()
    install.write_inventory(environment, [entry.node for entry in state.nodes.values()], {})
    print(f"{time.monotonic() - began:.3f}")


def main() -> None:
    """Measure for each number of machines that was given; by default 10, 100 and 1000."""
    if "--render" in sys.argv:
        render(Path(sys.argv[-1]))
        return
    sizes = [int(word) for word in sys.argv[1:]] or [10, 100, 1000]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    result: dict[str, Any] = {
        "command": COMMAND,
        "when": now,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.release()}",
        "machines": {},
    }
    RESULTS.mkdir(exist_ok=True)
    for size in sizes:
        result["machines"][str(size)] = life(size)
        file = RESULTS / f"machines-{now.replace(':', '')}.json"
        file.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
