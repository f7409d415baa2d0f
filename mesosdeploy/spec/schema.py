"""The JSON Schema of cluster.yml (draft 2020-12), for editors."""

from __future__ import annotations

from typing import Any

from mesosdeploy.spec.fields import LABEL_PATTERN
from mesosdeploy.spec.model import Spec
from mesosdeploy.spec.provider_options import BUILT_IN

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:mesosdeploy:cluster.yml"


def json_schema() -> dict[str, Any]:
    """Return the schema; a built-in provider's options are checked, others pass."""
    schema = Spec.model_json_schema()
    definitions: dict[str, Any] = schema["$defs"]
    branches = []
    for name, model in BUILT_IN.items():
        options = model.model_json_schema()
        definitions.update(options.pop("$defs", {}))
        options["properties"] = {"type": {"const": name}, **options.get("properties", {})}
        definitions[model.__name__] = options
        branches.append(
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"$ref": f"#/$defs/{model.__name__}"},
            }
        )
    definitions["ProviderSpec"]["allOf"] = branches
    schema["properties"]["groups"]["propertyNames"] = {"pattern": LABEL_PATTERN}
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        **schema,
        "title": "mesosdeploy cluster.yml",
    }
