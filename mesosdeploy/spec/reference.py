"""docs/spec.md, written from the models: `python -m mesosdeploy.spec.reference > docs/spec.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mesosdeploy.spec import rules
from mesosdeploy.spec.aws_options import AwsImage, AwsMachineOptions, AwsNetwork
from mesosdeploy.spec.compatibility import FEATURES, FLAVOURS, Flavour
from mesosdeploy.spec.libcloud_options import LibcloudMachineOptions
from mesosdeploy.spec.model import (
    KINDS,
    Group,
    ProviderSpec,
    Resources,
    Spec,
)
from mesosdeploy.spec.openstack_options import OpenStackImage, OpenStackMachineOptions
from mesosdeploy.spec.ports import SERVICES
from mesosdeploy.spec.problems import shown
from mesosdeploy.spec.provider_options import BUILT_IN
from mesosdeploy.spec.software import (
    Features,
    MarathonVersion,
    MesosDnsVersion,
    MesosVersion,
    Versions,
)
from mesosdeploy.spec.static_options import StaticHost, StaticJump

_INTRODUCTION = """\
# cluster.yml

<!-- Written by `python -m mesosdeploy.spec.reference`; change the models, not this file. -->

An environment is a directory with a `cluster.yml`. `mesosdeploy init NAME` writes one,
`mesosdeploy validate` checks it, `mesosdeploy schema` prints its JSON Schema for editors.
Keys that are not listed here are refused.

```yaml
name: local
provider: {type: local}
groups:
  masters:  {count: 3}
  agents:   {count: 2, attributes: {rack: r1}}
  monitors: {count: 1}
```
"""

_SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The file", Spec),
    ("`provider`", ProviderSpec),
    *((f"`provider` of type `{name}`", model) for name, model in BUILT_IN.items()),
    ("`provider.image` of type `aws`", AwsImage),
    ("`provider.network` of type `aws`", AwsNetwork),
    ("`provider.image` of type `openstack`", OpenStackImage),
    ("One of `provider.hosts.<group>`", StaticHost),
    ("`jump` of the provider, a group or a host of type `static`", StaticJump),
    ("`groups.<name>`", Group),
    ("`groups.<name>.options` with the provider `aws`", AwsMachineOptions),
    ("`groups.<name>.options` with the provider `openstack`", OpenStackMachineOptions),
    ("`groups.<name>.options` with the provider `libcloud`", LibcloudMachineOptions),
    ("`groups.<name>.resources`", Resources),
    ("`versions`", Versions),
    ("`versions.mesos`", MesosVersion),
    ("`versions.marathon`", MarathonVersion),
    ("`versions.mesos_dns`", MesosDnsVersion),
    ("`features`", Features),
)


def reference() -> str:
    """Return the whole document in Markdown."""
    parts = [_INTRODUCTION]
    parts += [_section(title, model) for title, model in _SECTIONS]
    parts += [_kinds(), _rules(), _flavours(), _ports()]
    return "\n".join(parts)


def _section(title: str, model: type[BaseModel]) -> str:
    about = " ".join((model.__doc__ or "").split())
    lines = [f"## {title}", "", about, ""]
    if model.model_fields:
        rows = [_row(name, field) for name, field in model.model_fields.items()]
        lines += [_table(("key", "type", "default", "meaning", "example"), rows), ""]
    return "\n".join(lines)


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    example = f"`{shown(field.examples[0])}`" if field.examples else ""
    meaning = f"{field.description or ''}{_bounds(field)}"
    return (f"`{name}`", type_name(field.annotation), _default(field), meaning, example)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        built_in = field.default_factory in (dict, list, tuple)
        return "none" if built_in else "see below" if field.annotation is not str else "newest"
    return "none" if field.default in (None, ()) else f"`{shown(field.default)}`"


def _bounds(field: FieldInfo) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    found = [
        f"{word} {getattr(constraint, key):g}"
        for constraint in field.metadata
        for key, word in words.items()
        if getattr(constraint, key, None) is not None
    ]
    return f" ({', '.join(found)})" if found else ""


def type_name(annotation: Any) -> str:
    """Return a type in the words of people who write YAML."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return type_name(next(each for each in arguments if each is not NoneType))
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if hasattr(annotation, "__metadata__"):
        return type_name(annotation.__origin__)
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    words = {dict: "mapping", tuple: "list", int: "whole number", float: "number"}
    words |= {bool: "true or false"}
    return "mapping" if is_model else words.get(origin or annotation, "text")


def _kinds() -> str:
    spec = Spec.model_validate(
        {"name": "x", "provider": {"type": "fake"}, "groups": {"masters": {"count": 1}}}
    )
    rows = [(f"`{kind}`", ", ".join(sorted(spec.roles_of(kind)))) for kind in KINDS]
    return (
        "## Kinds of groups\n\nA group is named after its kind, or gives `kind`. Masters carry"
        " ZooKeeper unless there is a group of zookeepers, and Marathon unless there is one of"
        " schedulers; monitors carry the load balancer unless there is a group of balancers; the"
        " first two masters carry Mesos-DNS. Nodes are called `master-1`, `agent-2`; those of"
        f" another group `<group>-1`.\n\n{_table(('kind', 'carries'), rows)}\n"
    )


def _rules() -> str:
    refused = [(rule.__doc__ or "").splitlines()[0].removeprefix("Refuse ") for rule in rules.RULES]
    lines = [f"- {each[:1].upper()}{each[1:]}" for each in refused]
    return "## What is refused beyond single keys\n\n" + "\n".join(lines) + "\n"


def _flavours() -> str:
    rows = [
        (
            f"`{flavour.name}`",
            _versions(flavour),
            ", ".join(
                (*flavour.cgroup_modes, *(f"{m} without limits" for m in flavour.without_limits))
            ),
            ", ".join(flavour.systems),
            ", ".join(flavour.architectures),
            _docker(flavour),
            ", ".join(feature for feature in FEATURES if feature not in flavour.cannot) or "none",
        )
        for flavour in FLAVOURS.values()
    ]
    heads = ("flavour", "versions", "cgroup", "systems", "machines", "Docker", "features")
    return f"## Flavours of Mesos\n\n{_table(heads, rows)}\n"


def _versions(flavour: Flavour) -> str:
    """Return the known versions, or a living line with its variable numbers as letters."""
    if not flavour.pattern:
        return ", ".join(flavour.versions)
    letters = iter("xyz")
    line = re.sub(r"\\d\+", lambda _digits: next(letters), flavour.pattern).replace("\\", "")
    return f"{line} (unset: {flavour.versions[-1]})"


def _docker(flavour: Flavour) -> str:
    if "docker_containerizer" in flavour.cannot:
        return "none"
    return f"before {flavour.docker_below}" if flavour.docker_below else "any"


def _ports() -> str:
    rows = [
        (f"`{role}`", ", ".join(f"{each.port} ({each.name})" for each in services))
        for role, services in SERVICES.items()
    ]
    return f"## Ports\n\n{_table(('role', 'TCP ports'), rows)}\n"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
