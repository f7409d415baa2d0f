"""What must hold between the options of the provider `libcloud` and the rest of a spec."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mesosdeploy.spec.cloud_rules import machine_options
from mesosdeploy.spec.libcloud_options import SEPARATOR, LibcloudMachineOptions
from mesosdeploy.spec.model import Spec
from mesosdeploy.spec.problems import DottedPath, Problem

LONGEST_NAME = 63
"""Characters of a host name."""


def libcloud_secrets(spec: Spec) -> Iterator[Problem]:
    """Refuse credentials in the arguments of a libcloud driver."""
    if spec.provider.type != "libcloud":
        return
    arguments = spec.provider.options().get("arguments", {})
    assert isinstance(arguments, dict)
    for name in arguments:
        if re.search(r"(?i)(^|_)(key|secret|password|token)$", str(name)):
            yield Problem(
                path=("provider", "arguments", name),
                message="is a credential, and this file is no place for one",
                remedy="name a variable that holds it:"
                f" `environment: {{{name}: CLOUD_{name.upper()}}}`",
                at_key=True,
            )


def libcloud_names(spec: Spec) -> Iterator[Problem]:
    """Refuse names that cannot be told apart in a cloud without tags."""
    if spec.provider.type != "libcloud" or spec.provider.options().get("tags"):
        return
    paths: list[tuple[DottedPath, str]] = [(("name",), spec.name)]
    paths += [(("groups", name), name) for name in spec.groups]
    for path, name in paths:
        if SEPARATOR in name:
            yield Problem(
                path=path,
                message=f"has {SEPARATOR!r} in it, which separates the parts of machines' names",
                value=name,
                remedy="choose another name, or give `tags` if the cloud has them",
                at_key=len(path) > 1,
            )
    for request in spec.requests():
        whole = SEPARATOR.join((request.cluster, request.group, request.name))
        if len(whole) > LONGEST_NAME:
            yield Problem(
                path=("groups", request.group),
                message=f"gives a machine a name of {len(whole)} characters: {whole}",
                remedy=f"shorten the names of cluster and group: {LONGEST_NAME} at most",
                at_key=True,
            )
            return


def libcloud_machines(spec: Spec) -> Iterator[Problem]:
    """Refuse options of a group that no machine of a libcloud driver has here."""
    return machine_options(spec, "libcloud", LibcloudMachineOptions)
