"""Machines in OpenStack: Nova through libcloud, what is around them through openstacksdk."""

from __future__ import annotations

from mesosdeploy.providers.openstack.provider import OPTIONS, OpenStackProvider

__all__ = ["OPTIONS", "OpenStackProvider"]
