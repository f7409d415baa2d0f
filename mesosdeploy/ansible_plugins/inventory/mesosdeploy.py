"""Ansible's door to a cluster: serves the inventory that `mesosdeploy up` recorded."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

from mesosdeploy import resources
from mesosdeploy.errors import MesosDeployError
from mesosdeploy.spec.load import FILE_NAME, load

DOCUMENTATION = """
name: mesosdeploy
short_description: The nodes of a cluster that mesosdeploy made
description:
  - Reads C(cluster.yml) for the cluster's name, and serves the inventory that
    C(mesosdeploy up) wrote to the cluster's state directory.
  - C(group_vars) and C(host_vars) beside C(cluster.yml) apply as with any inventory.
options: {}
"""

EXAMPLES = """
# ansible-inventory -i inventories/local --graph
# ansible-playbook -i inventories/local playbooks/site.yml
"""


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc]
    """Serve `<state>/<cluster>/inventory.json` for `inventories/<env>/cluster.yml`."""

    NAME = "mesosdeploy"
    trusted_by_default = False  # these values are data: `{{ }}` in an attribute stays text

    def verify_file(self, path: str) -> bool:
        """Accept a readable file named cluster.yml."""
        return bool(super().verify_file(path)) and Path(path).name == FILE_NAME

    def parse(self, inventory: object, loader: object, path: str, cache: bool = True) -> None:
        """Fill Ansible's inventory; raises AnsibleParserError with the remedy."""
        super().parse(inventory, loader, path, cache)
        recorded = _recorded(Path(path))
        hosts = recorded.pop("_meta")["hostvars"]
        for group, content in recorded.items():
            self._add_group(group, content)
        for host, variables in hosts.items():
            for key, value in variables.items():
                self.inventory.set_variable(host, key, value)

    def _add_group(self, group: str, content: dict) -> None:
        self.inventory.add_group(group)
        for host in content.get("hosts", ()):
            self.inventory.add_host(host, group=group)
        for child in content.get("children", ()):
            self.inventory.add_group(child)
            self.inventory.add_child(group, child)
        for key, value in content.get("vars", {}).items():
            self.inventory.set_variable(group, key, value)


def _recorded(path: Path) -> dict:
    """Return the inventory as `up` recorded it."""
    try:
        spec = load(path)
    except MesosDeployError as exc:
        raise AnsibleParserError(f"{exc.message}\n{exc.hint or ''}".strip()) from exc
    given = os.environ.get(resources.INVENTORY_VARIABLE)
    recorded = Path(given) if given else resources.state_dir() / spec.name / "inventory.json"
    remedy = f"run: mesosdeploy up -i {path.parent}"
    try:
        content: dict = json.loads(recorded.read_text(encoding="utf-8"))
        content["_meta"]["hostvars"].items()
    except FileNotFoundError as exc:
        raise AnsibleParserError(
            f"cluster {spec.name} has no inventory yet ({recorded} does not exist); {remedy}"
        ) from exc
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise AnsibleParserError(f"{recorded} cannot be read: {exc}; {remedy}") from exc
    return content
