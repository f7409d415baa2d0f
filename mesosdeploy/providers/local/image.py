"""The node image: found by its content hash, or built once per machine by one builder at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mesosdeploy import resources
from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.base import Finding, Report
from mesosdeploy.providers.local.engine import INSTALL_HINT, Engine
from mesosdeploy.providers.local.recipe import NODE_PACKAGES, PRELOADED, SCRIPT, Recipe, output

_LABEL = "org.mesosdeploy.image"
_BUILD_COMMANDS = ("unshare", "setpriv", "chroot", "tar")
_LOCK_TIMEOUT_SECONDS = 1800
_IMPORT_TIMEOUT_SECONDS = 600


def can_build(recipe: Recipe) -> Finding:
    """Say whether this machine has what building the image takes."""
    needed = (
        ("debootstrap", *_BUILD_COMMANDS) if recipe.method == "debootstrap" else _BUILD_COMMANDS
    )
    missing = [name for name in needed if shutil.which(name) is None]
    if missing:
        return Finding(
            check="node image",
            ok=False,
            message=f"it is not built yet, and {', '.join(missing)} is not installed",
            remedy=f"as root: {INSTALL_HINT}",
        )
    words = f"will be built ({recipe.method}, {recipe.suite}); takes about a minute"
    return Finding(check="node image", ok=True, message=words)


def exists(engine: Engine, tag: str) -> bool:
    """Say whether the image is there."""
    return engine.succeeds("image", "inspect", tag)


def ensure(engine: Engine, recipe: Recipe, report: Report) -> str:
    """Build the image unless it is there; return its tag.

    One builder at a time works on this machine; what an interrupted one left is removed first.
    The tag is given last, so that an incomplete image is never found.
    """
    if exists(engine, recipe.tag):
        return recipe.tag
    directory = resources.cache_dir() / "images"
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory / "build.lock", report):
        _remove_stale(engine, directory)
        if not exists(engine, recipe.tag):
            _build(engine, recipe, directory, report)
    return recipe.tag


@contextmanager
def _locked(path: Path, report: Report) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report("waiting for another process that builds the node image")
        try:
            lock.acquire(timeout=_LOCK_TIMEOUT_SECONDS)
        except Timeout as exc:
            raise ProviderError(
                f"another process has held {path} for {_LOCK_TIMEOUT_SECONDS // 60} minutes",
                hint="end it, then run the command again",
            ) from exc
    try:
        yield
    finally:
        lock.release()


def _remove_stale(engine: Engine, directory: Path) -> None:
    stale = sorted(str(path) for path in directory.glob("build-*") if path.is_dir())
    if stale:
        output(*_root_prefix(), "rm", "-rf", "--one-file-system", *stale)
    filters = ("--filter", "dangling=true", "--filter", f"label={_LABEL}")
    for image in engine.run("images", "--quiet", *filters).split():
        engine.succeeds("rmi", image)


def _build(engine: Engine, recipe: Recipe, directory: Path, report: Report) -> None:
    work = Path(tempfile.mkdtemp(prefix="build-", dir=directory))
    try:
        (work / "sources.list").write_text("".join(f"{line}\n" for line in recipe.sources))
        (work / "apt.conf").write_text("".join(f"{line}\n" for line in recipe.apt_conf))
        if recipe.method == "pull":
            _unpack_pulled(engine, f"debian:{recipe.suite}", work, report)
        packages = " ".join(NODE_PACKAGES + PRELOADED)
        words = ("sh", str(SCRIPT), str(work), recipe.suite, recipe.mirror, packages)
        _run_script(words, directory / "build.log", report)
        report("importing the node image")
        label = f"LABEL {_LABEL}={recipe.tag.rpartition(':')[2]}"
        image = engine.run(
            *("import", "--change", label, str(work / "rootfs.tar")),
            timeout_seconds=_IMPORT_TIMEOUT_SECONDS,
        )
        engine.run("tag", image.split()[-1], recipe.tag)
    finally:
        output(*_root_prefix(), "rm", "-rf", "--one-file-system", str(work))


def _unpack_pulled(engine: Engine, reference: str, work: Path, report: Report) -> None:
    """Unpack a pulled image as the root file system that the script then completes.

    Only tried with an image made here: no registry of images can be reached from the project's CI.
    """
    report(f"pulling {reference}")
    engine.run("pull", reference, timeout_seconds=_IMPORT_TIMEOUT_SECONDS)
    container = engine.run("create", reference, "/bin/true").split()[-1]
    try:
        exported = str(work / "pulled.tar")
        engine.run("export", "--output", exported, container, timeout_seconds=300)
    finally:
        engine.succeeds("rm", container)
    root = work / "rootfs"
    root.mkdir()
    output(*_root_prefix(), "tar", "-C", str(root), "--numeric-owner", "-xf", exported)


def _run_script(words: Sequence[str], log: Path, report: Report) -> None:
    """Run the build in mount and pid namespaces of its own, which end with it and with us."""
    isolated = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
    command = [*_root_prefix(), "setpriv", "--pdeathsig", "KILL", *isolated, *words]
    lines: list[str] = []
    with (
        log.open("w") as target,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                target.write(line)
                lines = [*lines[-2:], line.strip()]
                if line.startswith("mesosdeploy: "):
                    report(line.removeprefix("mesosdeploy: ").strip())
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise ProviderError(
            f"building the node image failed: {' / '.join(lines)}",
            hint=f"the whole log is {log}; needed on this machine: {INSTALL_HINT}",
        )


def _root_prefix() -> tuple[str, ...]:
    return () if os.geteuid() == 0 else ("sudo", "-n")
