"""What makes an app definition valid: all problems at once, as Marathon's 422 answer has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mesosdeploy.services.marathon.identity import absolute
from mesosdeploy.services.marathon.rules import broken_rules
from mesosdeploy.services.marathon.schema import Json, pruned, schema, violations, with_defaults
from mesosdeploy.services.marathon.wording import problems, shown

__all__ = ["Detail", "InvalidError", "check_app", "normalized", "schema"]

# The fetcher unpacks these (Mesos, docs/fetcher.md); `uris` cannot say so themselves.
_ARCHIVES = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".tgz", ".tbz2", ".txz", ".zip")


@dataclass(frozen=True)
class Detail:
    """What is wrong at one place of a definition; `path` as in `/healthChecks(0)/portIndex`."""

    path: str
    errors: tuple[str, ...]


class InvalidError(Exception):
    """A definition that cannot be run; the API answers 422."""

    message = "Object is not valid"

    def __init__(self, details: Iterable[Detail]) -> None:
        self.details = tuple(details)
        super().__init__(
            "; ".join(f"{detail.path}: {', '.join(detail.errors)}" for detail in self.details)
        )

    def to_json(self) -> Json:
        """Return the body of the 422 answer."""
        return {
            "message": self.message,
            "details": [
                {"path": detail.path, "errors": list(detail.errors)} for detail in self.details
            ],
        }


def check_app(data: object, *, app_id: str | None = None, partial: bool = False) -> Json:
    """Return the given fields in their normal form: absolute ids, no deprecated forms.

    `app_id` is the id that the request's address names. With `partial`, the data are fields that
    replace those of an app that exists (PATCH): rules that need a field which is not given are
    left to `App.from_json`, and `ports` stays as it is (see `merge`).

    Raises InvalidError with all problems.
    """
    if not isinstance(data, dict):
        raise InvalidError([Detail("/", (f"must be an object, but is {shown(data)}",))])
    found: dict[str, list[str]] = {}
    given = pruned(data)
    errors = list(violations(given))
    for error in errors:
        _note(found, problems(error))
    fit, broken = _sound(given, [list(error.absolute_path) for error in errors])
    if app_id is not None:
        _note(found, _other_id(fit, absolute(app_id)))
        fit["id"] = absolute(app_id)
    fit = _absolute_ids(fit)
    normal = fit if partial else normalized(fit)
    full = with_defaults(normal, partial=partial)
    _note(found, broken_rules(full, given=fit, broken=broken, partial=partial))
    if found:
        raise InvalidError(Detail(path, tuple(texts)) for path, texts in sorted(found.items()))
    return normal


def _note(found: dict[str, list[str]], told: Iterable[tuple[str, str]]) -> None:
    for path, text in told:
        found.setdefault(path, []).append(text)


def _sound(given: Json, broken_at: Iterable[list[str | int]]) -> tuple[Json, set[str]]:
    """Return what rules can look at, None in place of broken items, and the fields left out."""
    result, broken = dict(given), set()
    for path in broken_at:
        name, index = str(path[0]) if path else "", path[1] if len(path) > 1 else None
        if isinstance(index, int) and name in result:
            result[name] = [None if at == index else one for at, one in enumerate(result[name])]
        elif name:
            broken.add(name)
            result.pop(name, None)
    if "ports" in broken:
        broken.add("portDefinitions")
    return result, broken


def _other_id(data: Json, app_id: str) -> Iterator[tuple[str, str]]:
    if "id" in data and absolute(data["id"]) != app_id:
        yield "/id", f"must be {app_id} as in the request's address, but is {shown(data['id'])}"


def _absolute_ids(data: Json) -> Json:
    result = dict(data)
    if "id" in data:
        result["id"] = absolute(data["id"])
    if "dependencies" in data:
        result["dependencies"] = [one and absolute(one) for one in data["dependencies"]]
    return result


def normalized(data: Json) -> Json:
    """Turn `ports` into portDefinitions and `uris` into fetch, and write operators in capitals."""
    result = {name: value for name, value in data.items() if name not in {"ports", "uris"}}
    result.pop("container", None)  # {"type": "MESOS"} is what every task gets
    if "ports" in data and "portDefinitions" not in data:
        result["portDefinitions"] = [
            None if port is None else {"port": port} for port in data["ports"]
        ]
    if data.get("uris") and not data.get("fetch"):
        result["fetch"] = [
            uri and {"uri": uri, "extract": uri.partition("?")[0].endswith(_ARCHIVES)}
            for uri in data["uris"]
        ]
    if "constraints" in data:
        result["constraints"] = [
            one and [one[0], one[1].upper(), *one[2:]] for one in data["constraints"]
        ]
    return result
