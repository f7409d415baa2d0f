"""The container engine as a command: which one works here, and how it is called."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mesosdeploy.errors import ProviderError

ENGINES = ("podman", "docker")

APT_PACKAGES = (
    "podman",
    "runc",
    "netavark",
    "iptables",
    "debootstrap",
    "iproute2",
    "openssh-client",
)
"""What a Debian machine needs for the local provider; `make` installs the same list."""

INSTALL_HINT = f"apt-get install --no-install-recommends {' '.join(APT_PACKAGES)}"

_NOUNS = frozenset({"container", "image", "network", "volume"})
_ANSWER_TIMEOUT_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An engine that answered: its name, and the words before it that make it run as root."""

    name: str
    prefix: tuple[str, ...] = ()

    @property
    def is_podman(self) -> bool:
        """Whether podman's additions to docker's command line are there."""
        return self.name == "podman"

    def run(self, *words: str, stdin: bytes | None = None, timeout_seconds: float = 60) -> str:
        """Run one engine command and return what it prints.

        Raises ProviderError with the engine's last line when it fails or does not end in time.
        """
        return self.read(*words, stdin=stdin, timeout_seconds=timeout_seconds).decode(
            errors="replace"
        )

    def read(self, *words: str, stdin: bytes | None = None, timeout_seconds: float = 60) -> bytes:
        """Run one engine command like `run` and return the bytes that it prints."""
        command = [*self.prefix, self.name, *words]
        shown = f"{self.name} {_verb(words)}"
        try:
            done = subprocess.run(
                command,
                input=b"" if stdin is None else stdin,
                capture_output=True,
                timeout=timeout_seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as exc:
            raise ProviderError(
                f"`{shown}` did not end within {timeout_seconds:.0f} s",
                hint=f"see what `{self.name} ps -a` says; another engine process may hold a lock",
            ) from exc
        except OSError as exc:
            raise ProviderError(f"`{shown}` cannot be run: {exc}", hint=INSTALL_HINT) from exc
        if done.returncode != 0:
            raise ProviderError(
                f"`{shown}` failed: {_last_line(done.stderr)}",
                hint=f"the command was: {shlex.join(command)[:800]}",
            )
        return done.stdout

    def json(self, *words: str) -> Any:
        """Run a command that answers in JSON and return the answer."""
        answer = self.run(*words)
        try:
            return json.loads(answer)
        except ValueError as exc:
            raise ProviderError(
                f"`{self.name} {_verb(words)}` did not answer in JSON: {answer[:120]!r}",
                hint=f"mesosdeploy knows {self.name} from version 4 (podman) and 20.10 (docker) on",
            ) from exc

    def succeeds(self, *words: str, timeout_seconds: float = 60) -> bool:
        """Say whether a command ends well; its output does not matter."""
        try:
            self.run(*words, timeout_seconds=timeout_seconds)
        except ProviderError:
            return False
        return True


def candidates(wanted: str, *, is_root: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (engine, prefix) in the order of trial; `wanted` is an engine's name or "auto".

    podman is always used as root, because a rootless node cannot have a fixed address or a
    cgroup of its own on every host; docker's daemon may admit a user without sudo.
    """
    for name in ENGINES if wanted == "auto" else (wanted,):
        if is_root or name == "docker":
            yield name, ()
        if not is_root:
            yield name, ("sudo", "-n")


def detect(wanted: str = "auto") -> Engine:
    """Return the first engine that answers; a docker client without its daemon does not count.

    Raises ProviderError that names what was tried and the packages to install.
    """
    if wanted not in {"auto", *ENGINES}:
        raise ProviderError(
            f"the local provider knows no engine {wanted!r}", hint="auto, podman or docker"
        )
    tried = []
    for name, prefix in candidates(wanted, is_root=os.geteuid() == 0):
        if shutil.which(name) is None:
            tried.append(f"{name} is not installed")
            continue
        engine = Engine(name=name, prefix=prefix)
        try:
            # `info` would do as well, but podman's takes a second; both fail without a daemon.
            engine.run("ps", "--quiet", timeout_seconds=_ANSWER_TIMEOUT_SECONDS)
        except ProviderError as exc:
            tried.append(f"{' '.join((*prefix, exc.message))}")
        else:
            return engine
    raise ProviderError(
        f"no container engine works here: {'; '.join(tried)}",
        hint=f"as root: {INSTALL_HINT}",
    )


def _verb(words: Sequence[str]) -> str:
    """Return the words that say what a command does, without global options before them."""
    start = 2 if words[:1] == ("--runtime",) else 0
    return " ".join(words[start : start + (2 if words[start] in _NOUNS else 1)])


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"
