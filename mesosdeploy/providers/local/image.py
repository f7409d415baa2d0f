"""The node image: what is in it, its content hash, and how it is built once per machine."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mesosdeploy import resources
from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.base import Finding, Report
from mesosdeploy.providers.local.engine import INSTALL_HINT, Engine

REPOSITORY = "localhost/mesosdeploy-node"
DEFAULT_SUITE = "bookworm"
METHODS = ("auto", "debootstrap", "pull")

NODE_PACKAGES = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "openssh-server",
    "python3",
    "python3-apt",
    "iproute2",
    "procps",
    "sudo",
    "ca-certificates",
)
PRELOADED = (
    "default-jre-headless",
    "libzookeeper-java",
    "libslf4j-java",
    "liblog4j1.2-java",
    "libservlet-api-java",
    "libsvn1",
    "libapr1",
    "libsasl2-2",
    "libsasl2-modules",
    "libcurl4",
    "zlib1g",
    "libstdc++6",
    "less",
    "curl",
)
"""What the roles install anyway: in the image it is there already, which only saves time."""

_SCRIPT = Path(__file__).with_name("build_image.sh")
_LABEL = "org.mesosdeploy.image"
_APT_CONF = ('Acquire::Languages "none";', 'APT::Install-Recommends "false";')
_APT_TAKEN_OVER = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)
_TARGETS_FORMAT = "$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)"
_BUILD_COMMANDS = ("unshare", "setpriv", "chroot", "tar")
_LOCK_TIMEOUT_SECONDS = 1800
_IMPORT_TIMEOUT_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides what the image holds; the same recipe gives the same tag.

    `sources` are one-line apt sources (none: those of the pulled image); `apt_conf` are lines of
    an apt configuration file.
    """

    method: str
    suite: str
    arch: str
    sources: tuple[str, ...]
    apt_conf: tuple[str, ...]

    @property
    def mirror(self) -> str:
        """The archive that holds the suite itself."""
        return next((s.split()[1] for s in self.sources if s.split()[2] == self.suite), "")

    @property
    def tag(self) -> str:
        """The name of the image, by the hash of its content's description."""
        parts = (self.method, self.suite, self.arch, *self.sources, *self.apt_conf)
        text = "\n".join((*parts, *NODE_PACKAGES, *PRELOADED)).encode() + _SCRIPT.read_bytes()
        return f"{REPOSITORY}:{hashlib.sha256(text).hexdigest()[:16]}"


def parse_sources(targets: str, suite: str) -> tuple[str, ...]:
    """Return apt sources of the Debian suite from the answer of `apt-get indextargets`.

    Only Debian's own archives count (an origin is empty before the first `apt-get update`): what
    else a controller has configured is no business of the nodes.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for line in targets.splitlines():
        origin, _, rest = line.partition("|")
        site, release, component = rest.split("|")
        if origin in {"Debian", ""} and release in {suite, f"{suite}-updates", f"{suite}-security"}:
            components = found.setdefault((site, release), [])
            if component not in components:
                components.append(component)
    return tuple(f"deb {site} {rel} {' '.join(names)}" for (site, rel), names in found.items())


def parse_apt_conf(dump: str) -> tuple[str, ...]:
    """Return the lines of `apt-config dump` without which the archives may not be reachable."""
    return tuple(
        line
        for line in dump.splitlines()
        if line.split(" ", 1)[0] in _APT_TAKEN_OVER and not line.endswith(' "";')
    )


def recipe(method: str) -> Recipe:
    """Return the recipe for this machine; `method` is one of METHODS.

    auto is debootstrap from the machine's own apt sources on Debian, else a pulled image.
    """
    if method not in METHODS:
        raise ProviderError(
            f"provider option image: {method!r} is not known", hint=f"one of {', '.join(METHODS)}"
        )
    release = platform.freedesktop_os_release()
    is_debian = release.get("ID") == "debian"
    suite = release.get("VERSION_CODENAME", DEFAULT_SUITE) if is_debian else DEFAULT_SUITE
    sources: tuple[str, ...] = ()
    conf = ""
    if is_debian:
        filter_ = "Created-By: Packages"
        listing = _output("apt-get", "indextargets", "--format", _TARGETS_FORMAT, filter_)
        sources = parse_sources(listing, suite)
        conf = _output("apt-config", "dump")
    if method == "auto":
        method = "debootstrap" if sources and shutil.which("debootstrap") else "pull"
    result = Recipe(
        method=method,
        suite=suite,
        arch=_arch(),
        sources=sources,
        apt_conf=_APT_CONF + parse_apt_conf(conf),
    )
    if method == "debootstrap" and not result.mirror:
        raise ProviderError(
            f"this machine's apt sources name no Debian archive of {suite}",
            hint="run `apt-get update` and look at /etc/apt/sources.list*, or use `image: pull`",
        )
    return result


def exists(engine: Engine, tag: str) -> bool:
    """Say whether the image is there."""
    return engine.succeeds("image", "inspect", tag)


def can_build(recipe_: Recipe) -> Finding:
    """Say whether this machine has what building the image takes."""
    needed = (
        ("debootstrap", *_BUILD_COMMANDS) if recipe_.method == "debootstrap" else _BUILD_COMMANDS
    )
    missing = [name for name in needed if shutil.which(name) is None]
    if missing:
        return Finding(
            check="node image",
            ok=False,
            message=f"it is not built yet, and {', '.join(missing)} is not installed",
            remedy=f"as root: {INSTALL_HINT}",
        )
    words = f"will be built ({recipe_.method}, {recipe_.suite}); takes about a minute"
    return Finding(check="node image", ok=True, message=words)


def ensure(engine: Engine, recipe_: Recipe, report: Report) -> str:
    """Build the image unless it is there; return its tag.

    One builder at a time works on this machine; what an interrupted one left is removed first.
    The tag is given last, so that an incomplete image is never found.
    """
    if exists(engine, recipe_.tag):
        return recipe_.tag
    directory = resources.cache_dir() / "images"
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory / "build.lock", report):
        _remove_stale(engine, directory)
        if not exists(engine, recipe_.tag):
            _build(engine, recipe_, directory, report)
    return recipe_.tag


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
        _output(*_root_prefix(), "rm", "-rf", "--one-file-system", *stale)
    filters = ("--filter", "dangling=true", "--filter", f"label={_LABEL}")
    for image in engine.run("images", "--quiet", *filters).split():
        engine.succeeds("rmi", image)


def _build(engine: Engine, recipe_: Recipe, directory: Path, report: Report) -> None:
    work = Path(tempfile.mkdtemp(prefix="build-", dir=directory))
    try:
        (work / "sources.list").write_text("".join(f"{line}\n" for line in recipe_.sources))
        (work / "apt.conf").write_text("".join(f"{line}\n" for line in recipe_.apt_conf))
        if recipe_.method == "pull":
            _unpack_pulled(engine, f"debian:{recipe_.suite}", work, report)
        packages = " ".join(NODE_PACKAGES + PRELOADED)
        words = ("sh", str(_SCRIPT), str(work), recipe_.suite, recipe_.mirror, packages)
        _run_script(words, directory / "build.log", report)
        report("importing the node image")
        label = f"LABEL {_LABEL}={recipe_.tag.rpartition(':')[2]}"
        image = engine.run(
            *("import", "--change", label, str(work / "rootfs.tar")),
            timeout_seconds=_IMPORT_TIMEOUT_SECONDS,
        )
        engine.run("tag", image.split()[-1], recipe_.tag)
    finally:
        _output(*_root_prefix(), "rm", "-rf", "--one-file-system", str(work))


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
    _output(*_root_prefix(), "tar", "-C", str(root), "--numeric-owner", "-xf", exported)


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


def _arch() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _output(*command: str) -> str:
    """Return what a command of the operating system prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as exc:
        detail = (getattr(exc, "stderr", "") or str(exc)).strip()
        raise ProviderError(
            f"`{' '.join(command[:3])}` failed: {detail}", hint=INSTALL_HINT
        ) from exc
    return done.stdout
