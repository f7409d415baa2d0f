"""Which Mesos runs where: flavour x version x OS x cgroup mode x Docker x architecture x Java."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal

from packaging.version import InvalidVersion, Version

from mesosdeploy.spec.problems import did_you_mean

CgroupMode = Literal["v1", "hybrid", "v2"]


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """What one build of Mesos can do.

    `versions` are the known ones, newest last; `pattern` allows later ones of a living line.
    `cannot` maps a feature to the reason. `docker_below` and `docker_from` bound the Docker
    Engine where the Docker containerizer is used (None: no bound known).
    On `without_limits` it runs too, but with isolators that only measure (posix/cpu, posix/mem).
    """

    name: str
    versions: tuple[str, ...]
    cgroup_modes: tuple[CgroupMode, ...]
    systems: tuple[str, ...]
    without_limits: tuple[CgroupMode, ...] = ()
    architectures: tuple[str, ...] = ("x86_64",)
    pattern: str | None = None
    cannot: dict[str, str] = field(default_factory=dict)
    docker_from: str | None = "1.8"
    docker_below: str | None = None
    java: tuple[int, ...] = (8,)


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What is known of a node; None stands for "not known", and nothing is said about it.

    `system` is `<id>-<version>` of os-release ("debian-12"), `architecture` is `uname -m`,
    `docker` the engine's version ("20.10.24"), `java` the major version.
    """

    system: str | None = None
    cgroup_mode: CgroupMode | None = None
    architecture: str | None = None
    docker: str | None = None
    java: int | None = None


@dataclass(frozen=True, kw_only=True)
class Incompatibility:
    """One combination that does not work; `subject` is the column of the matrix."""

    subject: str
    message: str
    remedy: str


# Facts: /etc/os-release ids where packages exist and cgroup v1 can still be had (systemd <= 255);
# Docker 26 dropped ContainerConfig from image inspection, which Mesos 1.11.0 requires; clusterd
# 0.5.0 reads the new form and 0.6 needs cgroup v2; the lab package is a Linux x86_64 upload whose
# OpenSSL 1.0 cannot be served, and that holds no Docker executor.
_V1_SYSTEMS = ("debian-11", "debian-12", "ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04")

FLAVOURS: dict[str, Flavour] = {
    "lab": Flavour(
        name="lab",
        versions=("1.8.1", "1.9.0", "1.10.0", "1.11.0"),
        cgroup_modes=("v1", "hybrid"),
        without_limits=("v2",),
        systems=("debian-12",),
        cannot={
            "tls": "the library was built against OpenSSL 1.0, which no system of today has",
            "docker_containerizer": "the package holds no Docker executor",
        },
        java=(11, 17, 21, 25),
    ),
    "apache": Flavour(
        name="apache",
        versions=("1.11.0",),
        cgroup_modes=("v1", "hybrid"),
        systems=_V1_SYSTEMS,
        docker_below="26",
    ),
    "clusterd": Flavour(
        name="clusterd",
        versions=("1.11.0-0.9.0",),
        pattern=r"1\.11\.0-0\.\d+\.\d+",
        cgroup_modes=("v2",),
        systems=(*_V1_SYSTEMS, "debian-13"),
    ),
}

MARATHON_VERSIONS = ("1.8.244", "1.9.109", "1.10.26", "1.11.24")
"""The last version of each line of Marathon that the role knows; newest last."""

MESOS_DNS_VERSIONS = ("0.6.0", "0.8.2")
"""The last version of Mesos-DNS, and the last of the fork that lives on."""

FEATURES: tuple[str, ...] = ("tls", "docker_containerizer", "jni")


def newest(flavour: str) -> str:
    """Return the newest known version of a flavour (of `lab` for a flavour that is not known)."""
    return FLAVOURS.get(flavour, FLAVOURS["lab"]).versions[-1]


def capable(feature: str) -> tuple[str, ...]:
    """Return the flavours that can do `feature`."""
    return tuple(name for name, flavour in FLAVOURS.items() if feature not in flavour.cannot)


def problems(
    flavour: str,
    version: str,
    *,
    features: Collection[str] = (),
    platform: Platform | None = None,
) -> Iterator[Incompatibility]:
    """Yield everything of the matrix that the combination breaks.

    The spec asks with features alone; preflight asks once for each node with its platform.
    """
    known = FLAVOURS.get(flavour)
    if known is None:
        remedy = did_you_mean(flavour, tuple(FLAVOURS))
        yield Incompatibility(subject="flavour", message="is not a flavour", remedy=remedy)
        return
    if not _knows(known, version):
        yield Incompatibility(
            subject="version",
            message=f"is not a version of the flavour {flavour}",
            remedy=did_you_mean(version, known.versions),
        )
    for feature in FEATURES:
        if feature in features and feature in known.cannot:
            yield Incompatibility(
                subject=feature,
                message=f"cannot be had with the flavour {flavour}: {known.cannot[feature]}",
                remedy=f"set it to false, or use the flavour {_either(capable(feature))}",
            )
    if platform is not None:
        yield from _platform_problems(known, features, platform)


def _platform_problems(
    flavour: Flavour, features: Collection[str], platform: Platform
) -> Iterator[Incompatibility]:
    mode, system, machine = platform.cgroup_mode, platform.system, platform.architecture
    if mode is not None and mode not in (*flavour.cgroup_modes, *flavour.without_limits):
        others = [each.name for each in FLAVOURS.values() if mode in each.cgroup_modes]
        yield Incompatibility(
            subject="cgroup_mode",
            message=f"{flavour.name} needs cgroup {_either(flavour.cgroup_modes)}, "
            f"the node has cgroup {mode}",
            remedy=_cgroup_remedy(mode, others),
        )
    if system is not None and system not in flavour.systems:
        yield Incompatibility(
            subject="system",
            message=f"{flavour.name} is not made for {system}",
            remedy=f"use {_either(flavour.systems)}",
        )
    if machine is not None and machine not in flavour.architectures:
        yield Incompatibility(
            subject="architecture",
            message=f"{flavour.name} is not built for {machine}",
            remedy=f"use machines of {_either(flavour.architectures)}",
        )
    if "docker_containerizer" in features and platform.docker is not None:
        yield from _docker_problems(flavour, platform.docker)
    if "jni" in features and platform.java is not None and platform.java not in flavour.java:
        wanted = _either(tuple(str(each) for each in flavour.java)) or "none"
        yield Incompatibility(
            subject="java",
            message=f"the Java binding of {flavour.name} needs Java {wanted}, "
            f"the node has {platform.java}",
            remedy="install that Java beside the distribution's and name it in JAVA_HOME",
        )


def _cgroup_remedy(mode: CgroupMode, others: list[str]) -> str:
    flavour = f"use the flavour {_either(tuple(others))}" if others else ""
    boot = "boot the node with systemd.unified_cgroup_hierarchy=0" if mode == "v2" else ""
    return ", or ".join(each for each in (flavour, boot) if each)


def _docker_problems(flavour: Flavour, docker: str) -> Iterator[Incompatibility]:
    try:
        given = Version(docker)
    except InvalidVersion:
        return
    if flavour.docker_below and given >= Version(flavour.docker_below):
        yield Incompatibility(
            subject="docker",
            message=f"{flavour.name} needs a Docker Engine before {flavour.docker_below}, "
            f"the node has {docker}",
            remedy="install an older engine (Debian 12 carries 20.10), or use clusterd",
        )
    if flavour.docker_from and given < Version(flavour.docker_from):
        yield Incompatibility(
            subject="docker",
            message=f"{flavour.name} needs Docker {flavour.docker_from} or later, "
            f"the node has {docker}",
            remedy="install a later engine",
        )


def _knows(flavour: Flavour, version: str) -> bool:
    if version in flavour.versions:
        return True
    return bool(flavour.pattern and re.fullmatch(flavour.pattern, version))


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)
