"""How containers have to be run on this machine: runtime and limits, found out by trial."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.base import Report
from mesosdeploy.providers.local.containers import Platform
from mesosdeploy.providers.local.engine import INSTALL_HINT, Engine

RUNTIMES = ("crun", "runc")

# podman lowers its own hard limit of processes to 32768 (seen with 4.3), so no more can be given.
_WISHED = {"nofile": 65536, "nproc": 32768}
_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
_TRIAL_TIMEOUT_SECONDS = 60

# systemd has 5 or 6 watchers of files in each node, which all count for root of this machine. With
# the kernel's 128, units fail ("too many open files") as soon as about 20 nodes run.
WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH_WATCHERS = 1024


def ulimits(hard_limit: Callable[[str], int]) -> dict[str, int]:
    """Return what nodes may have: what is wished, at most this process's own hard limit.

    A container cannot be given more than its maker has, where the kernel refuses to raise limits.
    """
    result = {}
    for name, wished in _WISHED.items():
        hard = hard_limit(name)
        result[name] = wished if hard == resource.RLIM_INFINITY else min(wished, hard)
    return result


def hard_limit(name: str) -> int:
    """Return the hard limit of this process, RLIM_INFINITY when there is none."""
    return resource.getrlimit(_LIMITS[name])[1]


def cgroup_mode(root: Path = Path("/sys/fs/cgroup")) -> str:
    """Return "v2", "hybrid" (v1 controllers beside a v2 tree) or "v1"."""
    if (root / "cgroup.controllers").exists():
        return "v2"
    return "hybrid" if (root / "unified").is_dir() else "v1"


def runtimes_to_try(wanted: str, installed: Callable[[str], bool]) -> list[str]:
    """Return OCI runtimes in the order of trial: the wanted one, else the default ("") first."""
    return [wanted] if wanted else ["", *(name for name in RUNTIMES if installed(name))]


@cache
def detect_platform(engine: Engine, image: str, wanted_runtime: str = "") -> Platform:
    """Run a trivial container with each runtime until one works, and return what to use.

    crun, podman's default, refuses hybrid cgroup hierarchies: only a trial tells. The decision is
    kept for the life of the process. Raises ProviderError with every runtime's complaint.
    """
    limits = ulimits(hard_limit)
    if not engine.is_podman:
        return Platform(is_podman=False, ulimits=limits)
    complaints = []
    for runtime in runtimes_to_try(wanted_runtime, _is_installed):
        try:
            engine.run(*_trial(runtime, image, limits), timeout_seconds=_TRIAL_TIMEOUT_SECONDS)
        except ProviderError as exc:
            complaints.append(f"{runtime or 'the default runtime'}: {exc.message}")
        else:
            return Platform(is_podman=True, runtime=runtime, ulimits=limits)
    raise ProviderError(
        f"no OCI runtime can run a container here: {'; '.join(complaints)}",
        hint=f"as root: {INSTALL_HINT}",
    )


def allow_watchers(
    engine: Engine, image: str, platform: Platform, report: Report, *, setting: Path = WATCHERS
) -> None:
    """Let this machine's users have ENOUGH_WATCHERS watchers of files, until it is started again.

    A privileged container writes the setting, so that whoever may make nodes may do this too. Where
    it cannot, that is told: few nodes work all the same.
    """
    allowed = int(setting.read_text(encoding="ascii"))
    if allowed >= ENOUGH_WATCHERS:
        return
    words = [*_trial(platform.runtime, image, platform.ulimits)[:-1], "/bin/sh", "-c"]
    try:
        engine.run(
            *words, f"echo {ENOUGH_WATCHERS} >{WATCHERS}", timeout_seconds=_TRIAL_TIMEOUT_SECONDS
        )
    except ProviderError as exc:
        report(f"no more than {allowed} watchers of files, enough for some 20 nodes: {exc.message}")
    else:
        report(
            f"allowing {ENOUGH_WATCHERS} watchers of files instead of {allowed} ({setting.name})"
        )


def _is_installed(runtime: str) -> bool:
    return shutil.which(runtime) is not None


def _trial(runtime: str, image: str, limits: Mapping[str, int]) -> list[str]:
    words = ["--runtime", runtime] if runtime else []
    words += ["run", "--rm", "--network", "none", "--privileged", "--cgroupns", "private"]
    for name, value in limits.items():
        words += ["--ulimit", f"{name}={value}:{value}"]
    return [*words, image, "/bin/true"]
