"""Measure what an operator waits for, on one machine in one run, and write the figures down.

Every figure is the wall time of a whole command, or of the step `converge` as the journal has it;
the comparison with plain Ansible is made in the same run on machines made the same way. The
cluster is called `bench`, its state is its own, and it is gone at the end.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.monitoring import Monitoring
from benchmarks.services import Services

ROOT = Path(__file__).parents[1]
BINARIES = Path(sys.executable).parent
RESULTS = Path(__file__).parent / "results"
COMMAND = "python -m benchmarks.run"


@dataclass
class Bench:
    """One environment under measurement; seconds by the figure's name."""

    inventory: Path
    state: Path
    cache: str = ""
    figures: dict[str, list[float]] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the environment of every measured command."""
        own = {"MESOSDEPLOY_STATE_DIR": str(self.state), "CI": "true"}
        return {
            **os.environ,
            **own,
            **({"MESOSDEPLOY_CACHE_DIR": self.cache} if self.cache else {}),
        }

    def time(self, figure: str, *words: str) -> None:
        """Run a command that must succeed, and note its wall time under this figure's name."""
        began = time.monotonic()
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - began
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        self.note(figure, seconds)

    def command(self, figure: str, verb: str, *words: str) -> None:
        """Time a subcommand on the environment."""
        self.time(figure, str(BINARIES / "mesosdeploy"), verb, "-i", str(self.inventory), *words)

    def note(self, figure: str, seconds: float) -> None:
        """Keep a figure and tell it."""
        self.figures.setdefault(figure, []).append(seconds)
        print(f"{figure}: {seconds:.2f} s", flush=True)

    def step(self, figure: str, name: str) -> None:
        """Note how long the last finished step of this name took."""
        lines = (self.state / "bench" / "journal.jsonl").read_text().splitlines()
        entries = [json.loads(line) for line in lines]
        times = {
            entry["event"]: datetime.fromisoformat(entry["time"])
            for entry in entries
            if entry.get("step") == name
        }
        self.note(figure, (times["end"] - times["begin"]).total_seconds())


@contextmanager
def without_image() -> Iterator[None]:
    """Hide the node image for the time of the block, so that it is built as on a new machine."""
    engine = "podman" if shutil.which("podman") else "docker"
    listing = subprocess.run(
        [engine, "images", "--format", "{{.Repository}}:{{.Tag}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = [n for n in listing.stdout.split() if "mesosdeploy-node:" in n]
    for name in names:
        subprocess.run([engine, "tag", name, f"{name}-hidden"], check=True)
        subprocess.run([engine, "rmi", name], check=True, capture_output=True)
    try:
        yield
    finally:
        for name in names:
            subprocess.run([engine, "rmi", name], check=False, capture_output=True)
            subprocess.run([engine, "tag", f"{name}-hidden", name], check=True)
            subprocess.run([engine, "rmi", f"{name}-hidden"], check=True, capture_output=True)


def cold(bench: Bench) -> None:
    """Measure `up` with no image and an empty cache."""
    with without_image(), tempfile.TemporaryDirectory() as cache:
        bench.cache = cache
        bench.command("cold up", "up")
        bench.command("down", "down", "--yes")
    bench.cache = ""


def warm(bench: Bench, rounds: int) -> None:
    """Measure everything that has its caches, and the same converge by plain Ansible in turn."""
    bench.command("(fills the cache)", "up", "--until", "artifacts")
    for _ in range(rounds):
        bench.command("warm up", "up")
        bench.step("converge with mitogen", "converge")
        bench.step("verify step", "verify")
        bench.command("up, nothing to do", "up")
        bench.command("verify", "verify")
        bench.command("status", "status")
        bench.command("down", "down", "--yes")
        bench.command("(machines for plain Ansible)", "up", "--until", "inventory")
        bench.time(
            "converge by plain ansible-playbook",
            "env",
            "ANSIBLE_PIPELINING=true",
            "ANSIBLE_FORKS=10",
            str(BINARIES / "ansible-playbook"),
            "-i",
            str(bench.inventory),
            "playbooks/site.yml",
        )
        bench.command("down", "down", "--yes")
    for _ in range(10):
        bench.time("--help", str(BINARIES / "mesosdeploy"), "--help")


def services(bench: Bench, rounds: int) -> dict[str, Any]:
    """Measure services and the monitoring on a cluster that is brought up for it."""
    bench.command("(cluster for services)", "up")
    inventory = json.loads((bench.state / "bench" / "inventory.json").read_text())
    variables = inventory["all"]["vars"]
    served = Services(
        command=[str(BINARIES / "mesosdeploy"), "app"],
        inventory=bench.inventory,
        environment=bench.environment(),
        variables=variables,
    ).measure(rounds)
    own = [job for job in variables["mesosdeploy_prometheus_jobs"] if job["job"] == "prometheus"]
    place = own[0]["targets"][0]
    return served | Monitoring(f"http://{place['address']}:{place['port']}").measure()


def summary(bench: Bench) -> dict[str, Any]:
    """Return medians, extremes and the ratio that the design aims at."""
    median = {name: statistics.median(values) for name, values in bench.figures.items()}
    rows = {
        name: {"median": median[name], "min": min(values), "max": max(values), "n": len(values)}
        for name, values in bench.figures.items()
        if not name.startswith("(")
    }
    ratio = median["converge with mitogen"] / median["converge by plain ansible-playbook"]
    return {
        "command": COMMAND,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.release()}",
        "seconds": rows,
        "converge_mitogen_to_plain": ratio,
    }


def main() -> None:
    """Measure, print a table, write it as JSON; `--warm` leaves the cold run out."""
    rounds = int(os.environ.get("BENCH_ROUNDS", "3"))
    with tempfile.TemporaryDirectory() as scratch:
        inventory = Path(scratch) / "inventory"
        shutil.copytree(ROOT / "inventories" / "local", inventory)
        spec = inventory / "cluster.yml"
        spec.write_text(spec.read_text().replace("name: local", "name: bench", 1))
        bench = Bench(inventory=inventory, state=Path(scratch) / "state")
        try:
            if "--warm" not in sys.argv:
                cold(bench)
            warm(bench, rounds)
            served = services(bench, rounds)
        finally:
            subprocess.run(
                [str(BINARIES / "mesosdeploy"), "down", "-i", str(inventory), "--yes"],
                env=bench.environment(),
                capture_output=True,
                check=False,
            )
    result = summary(bench) | {"services": served}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{result['when'].replace(':', '')}.json").write_text(json.dumps(result, indent=2))
    print(f"\n{result['machine']}; {COMMAND}")
    for name, row in result["seconds"].items():
        print(f"{name:38} {row['median']:8.2f} s  ({row['min']:.2f} to {row['max']:.2f})")
    print(f"mitogen / plain Ansible: {result['converge_mitogen_to_plain']:.2f}")
    for name, value in served.items():
        print(f"{name:38} {value:8.2f}")


if __name__ == "__main__":
    main()
