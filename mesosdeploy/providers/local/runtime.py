"""How containers have to be run on this machine: runtime and limits, found out by trial."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Mapping
from functools import cache

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.local.containers import Platform
from mesosdeploy.providers.local.engine import INSTALL_HINT, Engine

RUNTIMES = ("crun", "runc")

# podman lowers its own hard limit of processes to 32768 (seen with 4.3), so no more can be given.
_WISHED = {"nofile": 65536, "nproc": 32768}
_LIMITS = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
_TRIAL_TIMEOUT_SECONDS = 60


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


def runtimes_to_try(wanted: str, default: str, installed: Callable[[str], bool]) -> list[str]:
    """Return OCI runtimes in the order of trial: the wanted one alone, else the default first."""
    if wanted:
        return [wanted]
    others = [name for name in RUNTIMES if name != default and installed(name)]
    return [default, *others] if default else others


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
    for runtime in runtimes_to_try(wanted_runtime, engine.default_runtime, _is_installed):
        try:
            engine.run(*_trial(runtime, image, limits), timeout_seconds=_TRIAL_TIMEOUT_SECONDS)
        except ProviderError as exc:
            complaints.append(f"{runtime}: {exc.message}")
            continue
        named = "" if runtime == engine.default_runtime else runtime
        return Platform(is_podman=True, runtime=named, ulimits=limits)
    raise ProviderError(
        f"no OCI runtime can run a container here: {'; '.join(complaints) or 'none is installed'}",
        hint=f"as root: {INSTALL_HINT}",
    )


def _is_installed(runtime: str) -> bool:
    return shutil.which(runtime) is not None


def _trial(runtime: str, image: str, limits: Mapping[str, int]) -> list[str]:
    words = ["--runtime", runtime, "run", "--rm", "--network", "none"]
    words += ["--privileged", "--cgroupns", "private"]
    for name, value in limits.items():
        words += ["--ulimit", f"{name}={value}:{value}"]
    return [*words, image, "/bin/true"]
