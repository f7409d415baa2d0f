"""What is installed: the build of each software, and the features beside and beyond the basics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mesosdeploy.spec import compatibility
from mesosdeploy.spec.fields import Model


class MesosVersion(Model):
    """Which build of Mesos is installed."""

    flavour: Literal["lab", "apache", "clusterd"] = Field(
        default="lab",
        description="lab: embedded, for laptops and CI; apache: 1.11.0; clusterd: the living fork.",
        examples=["lab"],
    )
    version: str = Field(
        default_factory=lambda data: compatibility.newest(data.get("flavour", "lab")),
        description="The version; unset: the newest known one of the flavour.",
        examples=["1.11.0"],
    )


class MarathonVersion(Model):
    """Which Marathon is installed."""

    flavour: Literal["lab", "official"] = Field(
        default="lab",
        description="lab: the embedded stand-in, for laptops and CI; official: an archive that the"
        " operator supplies.",
        examples=["lab"],
    )
    version: str = Field(
        default=compatibility.MARATHON_VERSIONS[-1],
        description="The version; unset: the newest known one.",
        examples=[compatibility.MARATHON_VERSIONS[-1]],
    )


class MesosDnsVersion(Model):
    """Which Mesos-DNS is installed."""

    flavour: Literal["lab", "official"] = Field(
        default="lab",
        description="lab: the embedded one, around Debian's dnsmasq; official: a binary that the"
        " operator supplies.",
        examples=["lab"],
    )
    version: str = Field(
        default=compatibility.MESOS_DNS_VERSIONS[0],
        description="The version; unset: the newest known one that both flavours have.",
        examples=[compatibility.MESOS_DNS_VERSIONS[0]],
    )


class GrafanaVersion(Model):
    """Which Grafana is installed, where it is wanted."""

    version: str = Field(
        default="13.1.1",
        description="The version of the package or archive that the operator supplies.",
        examples=["13.1.1"],
    )


class Versions(Model):
    """Which software is installed."""

    mesos: MesosVersion = Field(
        default_factory=MesosVersion,
        description="The build of Mesos.",
        examples=[{"flavour": "lab", "version": "1.11.0"}],
    )
    marathon: MarathonVersion = Field(
        default_factory=MarathonVersion,
        description="The build of Marathon.",
        examples=[{"flavour": "lab"}],
    )
    mesos_dns: MesosDnsVersion = Field(
        default_factory=MesosDnsVersion,
        description="The build of Mesos-DNS.",
        examples=[{"flavour": "lab"}],
    )
    grafana: GrafanaVersion = Field(
        default_factory=GrafanaVersion,
        description="The Grafana of `features.grafana`.",
        examples=[{"version": "13.1.1"}],
    )


class Features(Model):
    """What runs beside Mesos, and what is asked of Mesos beyond the basics.

    `tls`, `docker_containerizer` and `jni` are checked against the flavour; nothing is configured
    by them yet.
    """

    marathon: bool = Field(
        default=True, description="Run Marathon on the masters or schedulers.", examples=[True]
    )
    load_balancer: bool = Field(
        default=True,
        description="Run HAProxy for Marathon's services on the balancers or monitors; goes with"
        " Marathon.",
        examples=[True],
    )
    service_discovery: bool = Field(
        default=True,
        description="Run Mesos-DNS on the first two masters, and let every node resolve .mesos.",
        examples=[True],
    )
    monitoring: bool = Field(
        default=True,
        description="Run exporters on every node, and Prometheus and Alertmanager on the monitors.",
        examples=[True],
    )
    grafana: bool = Field(
        default=False,
        description="Run Grafana on the monitors: needs its archive in an artifacts.lock.yml.",
        examples=[False],
    )
    tls: bool = Field(default=False, description="Encrypt Mesos' own traffic.", examples=[False])
    docker_containerizer: bool = Field(
        default=False, description="Run tasks in Docker Engine.", examples=[False]
    )
    jni: bool = Field(
        default=False,
        description="Install the native library for schedulers on the JVM.",
        examples=[False],
    )

    @property
    def balances(self) -> bool:
        """Whether a load balancer runs: it has nothing to do without Marathon."""
        return self.marathon and self.load_balancer

    def enabled(self) -> tuple[str, ...]:
        """Return the names of the features that are on and that a flavour of Mesos must have."""
        return tuple(name for name in compatibility.FEATURES if getattr(self, name))
