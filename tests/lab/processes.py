"""Real masters, agents and ZooKeeper for the tests: start, wait until they answer, clean up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

_T = TypeVar("_T")

HOST = "127.0.0.1"
_DEADLINE_SECONDS = 30.0
_CGROUPS = Path("/sys/fs/cgroup")
_CONTROLLERS = ("cpu", "cpuacct", "memory", "freezer")
_ZOOKEEPER_JARS = ("zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-nop", "netty-all")
_JARS = Path("/usr/share/java")


def has_cgroup_v1() -> bool:
    """Tell whether the Linux launcher and the cgroups isolators can work here."""
    mounted = all((_CGROUPS / name / "cgroup.procs").exists() for name in _CONTROLLERS)
    return mounted and os.geteuid() == 0 and os.access(_CGROUPS / "memory", os.W_OK)


def has_zookeeper() -> bool:
    return shutil.which("java") is not None and (_JARS / "zookeeper.jar").exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as response:
        content = response.read()
    return json.loads(content) if content else None


def wait_for(what: str, probe: Callable[[], _T], seconds: float = _DEADLINE_SECONDS) -> _T:
    """Poll until the probe returns something true; its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := probe():
                return answer
        except (OSError, urllib.error.URLError) as exc:
            answer = exc  # type: ignore[assignment]
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}: {answer!r}"
        time.sleep(0.05)


@dataclass
class Daemon:
    """A process with its log; it has to be stopped by whoever started it."""

    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        self.launch()
        wait_for(f"{self.argv[0]}, see {self.log}", self.is_ready)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process, whatever becomes of it."""
        environment = {"PATH": os.environ["PATH"], **self.environment}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.argv, stdout=log, stderr=subprocess.STDOUT, env=environment
            )
        return self._process

    def is_ready(self) -> bool:
        return True

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.clean_up()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.clean_up()

    def clean_up(self) -> None:
        self.stop()

    def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; the exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(_DEADLINE_SECONDS)

    def stop(self) -> None:
        if self._process is not None:
            self.signal(signal.SIGTERM)


class ZooKeeper(Daemon):
    """A single ZooKeeper server out of the distribution's jar."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        directory.mkdir()
        config = directory / "zoo.cfg"
        config.write_text(
            f"tickTime=500\ndataDir={directory}\nclientPortAddress={HOST}\n"
            f"clientPort={self.port}\nadmin.enableServer=false\n"
        )
        jars = ":".join(str(_JARS / f"{name}.jar") for name in _ZOOKEEPER_JARS)
        main = "org.apache.zookeeper.server.ZooKeeperServerMain"
        super().__init__(["java", "-cp", jars, main, str(config)], directory / "log")

    @property
    def url(self) -> str:
        return f"zk://{HOST}:{self.port}/mesos"

    def is_ready(self) -> bool:
        with socket.create_connection((HOST, self.port), 1):
            return True


class Master(Daemon):
    """A mesos-master that answers on `url`."""

    def __init__(
        self, root: Path, directory: Path, zookeeper: str = "", environment: Mapping[str, str] = {}
    ) -> None:
        self.port = free_port()
        self.address = zookeeper or f"{HOST}:{self.port}"
        self.url = f"http://{HOST}:{self.port}"
        flags = {
            "MESOS_IP": HOST,
            "MESOS_HOSTNAME": HOST,
            "MESOS_PORT": str(self.port),
            "MESOS_WORK_DIR": str(directory / "master"),
            "MESOS_ALLOCATION_INTERVAL": "100ms",
            **({"MESOS_ZK": zookeeper, "MESOS_QUORUM": "1"} if zookeeper else {}),
        }
        program = str(root / "usr/sbin/mesos-master")
        super().__init__([program], directory / "master.log", {**flags, **environment})

    def is_ready(self) -> bool:
        return bool(get(f"{self.url}/state").get("elected_time"))


class Agent(Daemon):
    """A mesos-agent with a work directory and cgroups of its own."""

    def __init__(
        self, root: Path, directory: Path, master: str, environment: Mapping[str, str] = {}
    ) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._cgroup = f"mesos-lab-test-{uuid.uuid4().hex[:8]}"
        self._work = directory / "agent"
        flags = {
            "MESOS_IP": HOST,
            "MESOS_HOSTNAME": HOST,
            "MESOS_PORT": str(self.port),
            "MESOS_MASTER": master,
            "MESOS_WORK_DIR": str(self._work),
            "MESOS_RUNTIME_DIR": str(directory / "run"),
            "MESOS_FETCHER_CACHE_DIR": str(directory / "fetch"),
            "MESOS_LAUNCHER_DIR": str(root / "usr/libexec/mesos"),
            "MESOS_RESOURCES": "cpus:4;mem:2048;disk:2048;ports:[31000-31999]",
            "MESOS_SYSTEMD_ENABLE_SUPPORT": "false",
            "MESOS_REGISTRATION_BACKOFF_FACTOR": "10ms",
            "MESOS_CGROUPS_ROOT": self._cgroup,
            **self._isolation(),
        }
        program = str(root / "usr/sbin/mesos-agent")
        super().__init__([program], directory / "agent.log", {**flags, **environment})

    def is_ready(self) -> bool:
        """Tell whether the agent knows its master, and has the ID that the master gave it."""
        knows_master = get(f"{self.url}/metrics/snapshot").get("slave/registered")
        return bool(knows_master and get(f"{self.url}/state")["id"])

    def sandbox_file(self, task_id: str, name: str = "stdout") -> str:
        """Return a file that a task wrote; "" while there is none."""
        paths = sorted(self._work.glob(f"slaves/*/frameworks/*/executors/{task_id}/runs/*/{name}"))
        found = [path for path in paths if not path.parent.is_symlink()]
        return found[-1].read_text() if found else ""

    def clean_up(self) -> None:
        """Stop the agent and what it left: containers, cgroups and mounts."""
        self.stop()
        wait_for("the end of the containers", self._kill_leftovers)
        for controller in {path.resolve() for path in _CGROUPS.iterdir()}:
            groups = [controller / self._cgroup, *(controller / self._cgroup).rglob("*/")]
            for group in sorted((path for path in groups if path.is_dir()), reverse=True):
                wait_for(f"removal of {group}", lambda group=group: _removed(group))
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in sorted((m for m in mounts if m.startswith(f"{self._work}")), reverse=True):
            subprocess.run(["umount", mount], check=True)

    def _kill_leftovers(self) -> bool:
        """Kill what there is, and tell whether there was anything: it may just have forked."""
        there = list(self._leftovers())
        # An agent that ends while it destroys a container leaves it frozen, and nothing dies there.
        for state in (_CGROUPS / "freezer" / self._cgroup).rglob("freezer.state"):
            with suppress(OSError):
                state.write_text("THAWED")
        for process in there:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return not there

    def _leftovers(self) -> Iterator[int]:
        """Find the processes of this agent's containers by the paths in their environment."""
        mark = str(self._work).encode()
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark in path.read_bytes() and int(path.parent.name) != os.getpid():
                    yield int(path.parent.name)
            except OSError:  # ended meanwhile, or not ours to read
                continue

    @staticmethod
    def _isolation() -> dict[str, str]:
        if not has_cgroup_v1():
            return {"MESOS_LAUNCHER": "posix", "MESOS_ISOLATION": "posix/cpu,posix/mem"}
        isolation = "cgroups/cpu,cgroups/mem"
        return {"MESOS_LAUNCHER": "linux", "MESOS_ISOLATION": isolation}


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    return True
