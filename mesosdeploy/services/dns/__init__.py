"""A stand-in for Mesos-DNS: names and ports of running tasks, answered by Debian's dnsmasq."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.7.0+lab"
"""The release of Mesos-DNS whose names and HTTP interface this follows, marked as a stand-in."""
