"""What the node image is made of on this machine, and the content hash that names it."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.local.engine import INSTALL_HINT

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
    "python3-aiohttp",
    "python3-jinja2",
    "python3-jsonschema",
    "python3-kazoo",
    "python3-prometheus-client",
    "dnsmasq-base",
    "haproxy",
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "prometheus-blackbox-exporter",
    "libjs-chart.js",
    "openssl",
    "less",
    "curl",
)
"""What the roles install anyway: in the image it is there already, which only saves time."""

SCRIPT = Path(__file__).with_name("build_image.sh")
_APT_CONF = ('Acquire::Languages "none";', 'APT::Install-Recommends "false";')
_APT_TAKEN_OVER = (
    "Acquire::http::Proxy",
    "Acquire::https::Proxy",
    "Acquire::Check-Valid-Until",
    "Acquire::Check-Date",
)
_TARGETS_FORMAT = "$(ORIGIN)|$(SITE)|$(RELEASE)|$(COMPONENT)"


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
        text = "\n".join((*parts, *NODE_PACKAGES, *PRELOADED)).encode() + SCRIPT.read_bytes()
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


@cache
def choose_recipe(method: str) -> Recipe:
    """Return the recipe for this machine; `method` is one of METHODS.

    auto is debootstrap from the machine's own apt sources on Debian, else a pulled image. The
    machine is asked once in the life of the process.
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
        listing = output("apt-get", "indextargets", "--format", _TARGETS_FORMAT, filter_)
        sources = parse_sources(listing, suite)
        conf = output("apt-config", "dump")
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


def _arch() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def output(*command: str) -> str:
    """Return what a command of the operating system prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as exc:
        detail = (getattr(exc, "stderr", "") or str(exc)).strip()
        raise ProviderError(
            f"`{' '.join(command[:3])}` failed: {detail}", hint=INSTALL_HINT
        ) from exc
    return done.stdout
