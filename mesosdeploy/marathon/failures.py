"""What Marathon refuses, each refusal as an error of its own family."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesosdeploy.errors import DeployError, SpecError

if TYPE_CHECKING:
    import httpx

CREDENTIALS = "MESOSDEPLOY_MARATHON_CREDENTIALS"
_LONGEST = 300


class MarathonError(DeployError):
    """Marathon could not be asked, or would not do what it was asked for."""


class NoAnswerError(MarathonError):
    """None of the servers answers as a Marathon that has a leader."""


class NotFoundError(MarathonError):
    """Marathon knows no such app, version or deployment."""


class LockedError(MarathonError):
    """Another deployment holds the lock of the app; `deployments` are the holders' ids."""

    def __init__(self, message: str, deployments: tuple[str, ...]) -> None:
        held = f" (held by {', '.join(deployments)})" if deployments else ""
        super().__init__(
            f"{message}{held}", hint="wait for that deployment, or repeat with --force"
        )
        self.deployments = deployments


@dataclass(frozen=True, kw_only=True)
class Detail:
    """What Marathon finds wrong at one place of the JSON that it was sent, `/instances`."""

    path: str
    errors: tuple[str, ...]


class RejectedError(SpecError):
    """Marathon answered 422: a definition is not valid; `details` say where and why."""

    def __init__(self, message: str, details: tuple[Detail, ...]) -> None:
        lines = [f"  {one.path or '/'}: {'; '.join(one.errors)}" for one in details]
        super().__init__("\n".join([f"Marathon refuses the definition: {message}", *lines]))
        self.details = details


def failure_of(answer: httpx.Response) -> Exception:
    """Return the error for an answer with a status of 400 or more."""
    said = _body(answer)
    message = str(said.get("message") or answer.text.strip()[:_LONGEST] or answer.reason_phrase)
    what = f"{answer.request.method} {answer.request.url.path}"
    if answer.status_code in {401, 403}:
        return _unauthorized(answer)
    if answer.status_code == 404 and said:
        return NotFoundError(message)
    if answer.status_code == 409:
        holders = [str(one.get("id")) for one in said.get("deployments", ()) if one.get("id")]
        return LockedError(f"Marathon answers {what} with a conflict: {message}", tuple(holders))
    if answer.status_code in {400, 422}:
        return RejectedError(message, _details(said))
    return MarathonError(
        f"Marathon answers {what} with {answer.status_code}: {message}",
        hint="its journal says more: mesosdeploy logs marathon",
    )


def _unauthorized(answer: httpx.Response) -> MarathonError:
    sent = "authorization" in answer.request.headers
    place = f"{answer.request.url.scheme}://{answer.request.url.netloc.decode()}"
    text = "does not accept the given credentials" if sent else "wants credentials"
    return MarathonError(
        f"{place} {text} ({answer.status_code})",
        hint=f"set {CREDENTIALS} to user:password, as marathon_http_credentials has it",
    )


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _details(said: dict[str, Any]) -> tuple[Detail, ...]:
    """Return the details of a 422; `errors` is a list, of older versions also one text."""
    details = said.get("details")
    found = []
    for one in details if isinstance(details, list) else ():
        if isinstance(one, dict):
            errors = one.get("errors") or one.get("error") or ()
            texts = [errors] if isinstance(errors, str) else errors
            found.append(
                Detail(path=str(one.get("path", "")), errors=tuple(str(each) for each in texts))
            )
    return tuple(found)
