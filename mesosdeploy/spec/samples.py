"""The text of a new environment: comments that teach, in a file that passes `validate`."""

from __future__ import annotations

import json
import re

from mesosdeploy.spec.compatibility import newest
from mesosdeploy.spec.model import majority

_NOT_TEXT = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

_PROVIDERS = {
    "local": """\
# Where the machines come from. `local`: containers on this computer that behave like machines.
provider:
  type: local
  # engine: auto            # auto | podman | docker
  # subnet: 10.90.0.0/24    # its own network, a /24 or larger; unset: a free one is chosen
""",
    "aws": """\
# Where the machines come from. `aws`: EC2. Credentials come from the environment or ~/.aws, never
# from here. docs/aws.md tells what else there is, and which permissions are needed.
provider:
  type: aws
  region: eu-central-1
  # From where people and this computer come; nobody else gets in. Put your own network here.
  admin_cidrs: [192.0.2.0/24]
  instance_type: m6i.large
""",
    "openstack": """\
# Where the machines come from. `openstack`: Nova. Credentials come from clouds.yaml or the
# variables OS_*, never from here. docs/openstack.md tells what else there is.
provider:
  type: openstack
  # cloud: mycloud          # the entry of clouds.yaml; unset: OS_CLOUD, or OS_AUTH_URL and others
  # From where people and this computer come; nobody else gets in. Put your own network here.
  admin_cidrs: [192.0.2.0/24]
  flavor: m1.medium
  image: {name: debian-12, user: debian}
""",
    "libcloud": """\
# Where the machines come from. `libcloud`: any cloud that libcloud has a driver for; this one is
# CloudStack's. Network and firewall must be there. docs/libcloud.md tells what each cloud needs.
provider:
  type: libcloud
  driver: cloudstack
  arguments: {host: cloud.example.org, path: /client/api, secure: true}
  environment: {key: CLOUDSTACK_API_KEY, secret: CLOUDSTACK_SECRET_KEY}
  size: medium
  image: debian-12
  user: debian
  create: {ex_start_vm: true}
""",
    "fake": """\
# Where the machines come from. `fake`: nowhere, the nodes are in memory; to rehearse commands.
provider:
  type: fake
""",
}

_FIXED = """\
    # What is offered; fixed, so that two agents do not both offer this whole computer.
    resources:
      cpus: 1
      mem_mb: 1024
      disk_mb: 4096
      ports: ["31000-32000"]
"""
_COMPUTED = """\
    # What is offered. What is not given is computed once and kept: all CPUs, memory less 1024 MB,
    # disk less 5120 MB (at least half of each), ports 31000-32000.
    # resources:
    #   cpus: 2
    #   mem_mb: 2048
    #   ports: ["31000-32000"]
"""
_RESOURCES = {"local": _FIXED}
"""Provider -> what is said of resources; the others find out what their machines have."""


def cluster_yml(name: str, provider: str, *, masters: int, agents: int) -> str:
    """Return a commented cluster.yml."""
    monitors = 1
    counts = {"masters": masters, "agents": agents, "monitors": monitors}
    source = _static(name, counts) if provider == "static" else _PROVIDERS[provider]
    needed = majority(masters)
    return f"""\
# A cluster. Every key is explained in docs/spec.md.
# Check it:             mesosdeploy validate -i <dir>     (<dir>: the directory of this file)
# What would happen:    mesosdeploy plan -i <dir>
# Make it:              mesosdeploy up -i <dir>
# For completion in an editor, run `mesosdeploy schema --out cluster.schema.json` here, then use:
# # yaml-language-server: $schema=cluster.schema.json
name: {_plain(name)}

{source}
# The machines. Nodes are called master-1, agent-2, monitor-1 ...
groups:
  # ZooKeeper, Mesos master and Marathon; Mesos-DNS on the first two.
  # An odd number, at most 7: a majority must agree, so {masters} need
  # {needed} and survive the loss of {masters - needed}.
  masters:
    count: {masters}

  # The machines that run tasks.
  agents:
    count: {agents}
    attributes: {{rack: r1}}      # frameworks place tasks by these
{_RESOURCES.get(provider, _COMPUTED)}
  # HAProxy in front of Marathon's services (or in a group `balancers` of its own).
  monitors:
    count: {monitors}

# Mesos comes in flavours: lab (laptops and CI), apache (cgroup v1), clusterd (cgroup v2).
versions:
  mesos: {{flavour: lab, version: {newest("lab")}}}
"""


def _plain(name: str) -> str:
    """Return a name as a YAML scalar, in quotes where it could be read as something else."""
    is_word = re.fullmatch(r"[a-z][a-z0-9-]*", name) and name not in _NOT_TEXT
    return name if is_word else json.dumps(name)


def _static(name: str, counts: dict[str, int]) -> str:
    lines = [
        "# Where the machines come from. `static`: they exist; list them, each once.",
        "provider:",
        "  type: static",
        "  user: root                # the SSH user of every host; port: is known too",
        "  # The key that opens them. Needed, unless you install the cluster's own there yourself:",
        f"  # ~/.local/state/mesosdeploy/{name}/ssh/id_ed25519.pub",
        "  # (`mesosdeploy up -i <dir> --until prepare` makes it).",
        "  private_key: ~/.ssh/id_ed25519",
        "  # The hosts' public keys must be known before anything connects: put them in a file,",
        "  # by `ssh-keyscan -t ed25519 ADDRESS ...`, and compare them with those on the consoles.",
        "  known_hosts: ~/.ssh/known_hosts",
        "  hosts:",
    ]
    host = 10
    for group, count in counts.items():
        lines.append(f"    {group}:")
        for _ in range(count):
            host += 1
            lines.append(f"      - {_example_address(host)}")
    return "\n".join(lines) + "\n"


def _example_address(number: int) -> str:
    """Return the n-th address for examples: 192.0.2.0/24 (RFC 5737), then 198.18.0.0/15."""
    if number < 255:
        return f"192.0.2.{number}"
    return f"198.18.{number // 256}.{number % 256}"


def group_vars() -> str:
    """Return sample Ansible variables, all of them comments."""
    return """\
---
# Ansible variables for every node of this environment. They win over the roles' defaults, not over
# what playbooks/site.yml hands over from cluster.yml (names, addresses, attributes, resources,
# quorum, package).
# For one group use group_vars/<group>.yml (`-` in a group's name becomes `_`), for one node
# host_vars/<node>.yml. What a role knows is in the table of roles/<role>/README.md.
#
# Show what a node gets: ansible-inventory -i <this directory> --host master-1
{}
"""
