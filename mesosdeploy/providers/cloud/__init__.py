"""What every provider over a libcloud driver shares; a cloud adds its names for things."""

from __future__ import annotations

from mesosdeploy.providers.cloud.failures import CloudError, Dialect, Kind
from mesosdeploy.providers.cloud.launch import Launch
from mesosdeploy.providers.cloud.provider import CloudProvider

__all__ = ["CloudError", "CloudProvider", "Dialect", "Kind", "Launch"]
