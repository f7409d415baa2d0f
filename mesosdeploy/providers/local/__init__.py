"""Machines of a cluster as systemd containers on this host, over podman or docker."""

from __future__ import annotations

from mesosdeploy.providers.local.provider import LocalProvider

__all__ = ["LocalProvider"]
