"""Options of a provider or a group as a model; what validation let through is correct already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mesosdeploy.errors import ProviderError

M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], options: Mapping[str, Any], whose: str) -> M:
    """Return the options as their model; ProviderError names `whose`, the option and the fault."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProviderError(
            f"{whose}, option {where}: {first['msg']}",
            hint="correct cluster.yml: mesosdeploy validate",
        ) from exc
