"""Documents, schema and samples say what the models say."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel, create_model
from ruamel.yaml import YAML

from mesosdeploy import resources
from mesosdeploy.spec import load
from mesosdeploy.spec.aws_options import AwsImage, AwsMachineOptions, AwsNetwork, AwsOptions
from mesosdeploy.spec.fields import Model
from mesosdeploy.spec.libcloud_options import LibcloudMachineOptions, LibcloudOptions
from mesosdeploy.spec.model import Group, Resources, Spec
from mesosdeploy.spec.openstack_options import (
    OpenStackImage,
    OpenStackMachineOptions,
    OpenStackOptions,
)
from mesosdeploy.spec.provider_options import (
    BUILT_IN,
    FakeOptions,
    LocalOptions,
    StaticOptions,
)
from mesosdeploy.spec.reference import reference
from mesosdeploy.spec.rules import RULES
from mesosdeploy.spec.schema import json_schema
from mesosdeploy.spec.software import (
    Features,
    MarathonVersion,
    MesosDnsVersion,
    MesosVersion,
    Versions,
)
from mesosdeploy.spec.static_options import StaticHost, StaticJump

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(resources.sample_inventories().glob("*/cluster.yml"))
MODELS = (
    Spec, Group, Resources, Versions, MesosVersion, MarathonVersion, MesosDnsVersion, Features,
    LocalOptions, StaticOptions, AwsOptions, AwsImage, AwsNetwork, AwsMachineOptions,
    OpenStackOptions, OpenStackImage, OpenStackMachineOptions,
    LibcloudOptions, LibcloudMachineOptions,
    StaticHost, StaticJump,
    FakeOptions,
)  # fmt: skip


def data_of(file: Path) -> object:
    return YAML(typ="safe").load(file)


def test_reference_is_the_one_the_models_give() -> None:
    written = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
    assert written == reference(), "run: python -m mesosdeploy.spec.reference > docs/spec.md"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_description_and_a_valid_example(model: type[BaseModel]) -> None:
    assert model.model_fields
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.examples, name
        probe = create_model("Probe", __base__=Model, **{name: (field.annotation, field)})
        probe.model_validate({name: field.examples[0]})
        assert f"| `{name}` |" in reference()


def test_every_rule_says_what_it_refuses() -> None:
    assert RULES
    for rule in RULES:
        assert (rule.__doc__ or "").startswith("Refuse "), rule.__name__


def test_schema_is_one_of_draft_2020_12_with_title_and_identifier() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert (schema["$id"], schema["title"]) == (
        "urn:mesosdeploy:cluster.yml",
        "mesosdeploy cluster.yml",
    )


def test_samples_exist_for_every_place_of_machines() -> None:
    assert {"local", "aws", "openstack", "static"} <= {file.parent.name for file in SAMPLES}


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.parent.name)
def test_sample_passes_validate_and_schema(file: Path) -> None:
    assert load(file).name == file.parent.name
    jsonschema.Draft202012Validator(json_schema()).validate(data_of(file))


def test_local_sample_is_three_masters_two_agents_one_monitor() -> None:
    spec = load(resources.sample_inventories() / "local")
    assert {name: group.count for name, group in spec.groups.items()} == {
        "masters": 3,
        "agents": 2,
        "monitors": 1,
    }
    assert (spec.provider.type, spec.versions.mesos.flavour, spec.quorum) == ("local", "lab", 2)


REFUSED = {
    "unknown key": {"colour": "red"},
    "unknown option": {"provider": {"type": "local", "engin": "podman"}},
    "wrong option": {"provider": {"type": "local", "engine": "lxc"}},
    "count zero": {"groups": {"masters": {"count": 0}}},
    "unknown flavour": {"versions": {"mesos": {"flavour": "x"}}},
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_schema_refuses_what_the_models_refuse(change: dict[str, object]) -> None:
    good = {"name": "x", "provider": {"type": "local"}, "groups": {"masters": {"count": 1}}}
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, **change})


def test_schema_lets_options_of_other_providers_pass() -> None:
    data = {"name": "x", "provider": {"type": "nimbus", "region": "y"}, "groups": {}}
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(data)


def test_options_in_the_spec_are_those_of_the_providers() -> None:
    modules = {name: name for name in ("aws", "openstack", "static", "fake")}
    modules |= {"local": "local.provider", "libcloud": "generic"}
    assert set(modules) == set(BUILT_IN)
    for name, module in modules.items():
        options = import_module(f"mesosdeploy.providers.{module}").OPTIONS
        assert set(BUILT_IN[name].model_fields) == set(options), name


def test_built_in_providers_are_those_of_the_package() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert BUILT_IN
    for name in BUILT_IN:
        assert f"\n{name} = " in project
