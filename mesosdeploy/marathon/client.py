"""Marathon's REST API: the first server that can answers, no redirect is followed blindly."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx
import tenacity

from mesosdeploy import route
from mesosdeploy.errors import UsageError
from mesosdeploy.marathon.failures import (
    CREDENTIALS,
    MarathonError,
    NoAnswerError,
    NotFoundError,
    failure_of,
)

Json = dict[str, Any]

PORT = 8080
_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 15.0
_ELECTION_SECONDS = 20.0
"""Marathon's followers answer 503 while no leader is elected; an election takes some seconds."""
_NO_LEADER = frozenset({502, 503})
_WHO = "is this address really a Marathon?"


@dataclass(frozen=True, kw_only=True)
class Server:
    """One Marathon: what people call it, and its base URL without a slash at the end."""

    name: str
    url: str

    @property
    def authority(self) -> str:
        """Return `host:port` of the URL."""
        return urlsplit(self.url).netloc


def credentials() -> tuple[str, str] | None:
    """Return user and password of the environment; None when it has none, UsageError if broken."""
    text = os.environ.get(CREDENTIALS, "")
    if not text:
        return None
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise UsageError(
            f"{CREDENTIALS} is not of the form user:password",
            hint="give both, with a colon between them; or unset it where Marathon asks for none",
        )
    return user, password


def server_at(url: str) -> Server:
    """Return the server that a user's URL names; UsageError for what is no base URL."""
    try:
        parts = httpx.URL(url)
        usable = parts.scheme in {"http", "https"} and parts.host and parts.port != 0
    except (httpx.InvalidURL, ValueError):
        parts, usable = httpx.URL(""), None
    if not usable or parts.query or parts.fragment:
        raise UsageError(
            f"--url {url!r} is no URL of a Marathon", hint=f"for example http://10.0.0.1:{PORT}"
        )
    if parts.username or parts.password:
        raise UsageError(
            "--url holds a password, which every process list would show",
            hint=f"put it into {CREDENTIALS}=user:password",
        )
    return Server(name=parts.netloc.decode(), url=url.rstrip("/"))


def open_http(*, secure: bool) -> httpx.Client:
    """Return the HTTP client: our way there, no redirects, certificates checked if any."""
    timeout = httpx.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS)
    return route.client(secure=secure, timeout=timeout)


class Client:
    """Calls of the REST API, answered by the first of `servers` that can. Use as a context.

    Every call raises NoAnswerError when none answers, and the error of `failure_of` when one
    refuses. Paths and JSON are those of Marathon 1.8 to 1.11.
    """

    def __init__(self, servers: Sequence[Server], *, login: tuple[str, str] | None = None) -> None:
        self._servers = list(servers)
        self._http = open_http(secure=any(one.url.startswith("https") for one in servers))
        self._auth = httpx.BasicAuth(*login) if login else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def leader(self) -> str:
        """Return `host:port` of the Marathon that leads; NotFoundError when none does."""
        return str(self._field("leader", "GET", "/v2/leader"))

    def apps(self) -> list[Json]:
        """Return all apps with counts, tasks, deployments and last failures."""
        embed = ("counts", "tasks", "deployments", "lastTaskFailure")
        params = [("embed", f"apps.{name}") for name in embed]
        return list(self._field("apps", "GET", "/v2/apps", params=params))

    def app(self, app_id: str) -> Json:
        """Return one app with its tasks; NotFoundError when there is none of this id."""
        embed = ("counts", "tasks", "deployments", "lastTaskFailure")
        params = [("embed", f"app.{name}") for name in embed]
        if not app_id.strip("/"):  # Marathon would answer with all apps
            raise NotFoundError("the root is no app")
        found: Json = self._field("app", "GET", path_of(app_id), params=params)
        return found

    def versions(self, app_id: str) -> list[str]:
        """Return the versions that Marathon keeps of an app, newest first."""
        found = self._field("versions", "GET", f"{path_of(app_id)}/versions")
        return sorted((str(one) for one in found), reverse=True)

    def app_at(self, app_id: str, version: str) -> Json:
        """Return the definition that an app had at a version."""
        return self._object("GET", f"{path_of(app_id)}/versions/{quote(version)}")

    def replace(self, bodies: Sequence[Json], *, force: bool = False) -> Json:
        """Create or replace apps whole, in one deployment; return `{version, deploymentId}`."""
        params = {"partialUpdate": "false", **_forced(force)}
        if len(bodies) == 1:
            return self._object("PUT", path_of(bodies[0]["id"]), params=params, body=bodies[0])
        return self._object("PUT", "/v2/apps", params=params, body=list(bodies))

    def scale(self, app_id: str, instances: int, *, force: bool = False) -> Json:
        """Change the number of instances only."""
        body = {"instances": instances}
        return self._object("PUT", path_of(app_id), params=_forced(force), body=body)

    def restart(self, app_id: str, *, force: bool = False) -> Json:
        """Replace all tasks of an app by new ones."""
        return self._object("POST", f"{path_of(app_id)}/restart", params=_forced(force), body={})

    def remove(self, app_id: str, *, force: bool = False) -> Json:
        """Remove an app with all of its tasks."""
        return self._object("DELETE", path_of(app_id), params=_forced(force))

    def deployments(self) -> list[Json]:
        """Return the deployments that are going on."""
        return list(self._call("GET", "/v2/deployments"))

    def cancel(self, deployment_id: str, *, force: bool = False) -> Json:
        """Roll a deployment back; with `force` only stop it. Return the deployment that does so."""
        path = f"/v2/deployments/{quote(deployment_id, safe='')}"
        return self._call("DELETE", path, params=_forced(force)) or {}

    def queue(self) -> list[Json]:
        """Return what waits to be launched, with the reasons why offers were declined."""
        return list(self._field("queue", "GET", "/v2/queue"))

    def _field(self, name: str, method: str, path: str, **request: Any) -> Any:
        said = self._object(method, path, **request)
        if name not in said:
            raise MarathonError(f"{method} {path} was answered without {name!r}", hint=_WHO)
        return said[name]

    def _object(self, method: str, path: str, **request: Any) -> Json:
        said = self._call(method, path, **request)
        if not isinstance(said, dict):
            raise MarathonError(
                f"{method} {path} was answered with {type(said).__name__}, not an object",
                hint=_WHO,
            )
        return said

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: object = None,
    ) -> Any:
        content = None if body is None else json.dumps(body)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        query = httpx.QueryParams(dict(params) if isinstance(params, Mapping) else list(params))

        def send(server: Server) -> httpx.Response:
            return self._http.request(
                method,
                f"{server.url}{path}",
                params=query,
                content=content,
                headers=headers,
                auth=self._auth,
            )

        waiting = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_NoLeaderError),
            stop=tenacity.stop_after_delay(_ELECTION_SECONDS),
            wait=tenacity.wait_fixed(1),
            reraise=True,
        )
        try:
            answer = waiting(_first_answer, self._servers, send, safe=method == "GET")
        except _NoLeaderError as exc:
            raise NoAnswerError(
                f"Marathon has no leader: {exc}",
                hint="mesosdeploy status, and mesosdeploy logs marathon, say what it lacks",
            ) from exc
        return _data(answer)


class _NoLeaderError(Exception):
    """A server answers, but none leads at the moment; the text says what each one said."""


def path_of(app_id: str) -> str:
    """Return the path of an app's resource: `/v2/apps/group/name`."""
    return f"/v2/apps/{quote(app_id.strip('/'))}"


def _forced(force: bool) -> dict[str, str]:
    return {"force": "true"} if force else {}


def _first_answer(servers: list[Server], send: Any, *, safe: bool) -> httpx.Response:
    """Return the first answer that counts; the server that gave it is asked first from then on.

    A request that may have been done already is repeated elsewhere only if it is `safe` to.
    """
    waiting, asked, reasons, no_leader = list(servers), set[str](), list[str](), False
    while waiting:
        server = waiting.pop(0)
        if server.url in asked:
            continue
        asked.add(server.url)
        try:
            answer: httpx.Response = send(server)
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            reasons.append(f"{server.name} ({server.url}): {_reason(exc)}")
            continue
        except httpx.HTTPError as exc:
            reasons.append(f"{server.name} ({server.url}): {_reason(exc)}")
            if safe:
                continue
            raise NoAnswerError(
                f"the connection broke before the answer came, from {reasons[-1]}",
                hint="it may have been done: look with `mesosdeploy app list` before you repeat it",
            ) from exc
        if answer.is_redirect:
            target = _target(answer, servers)
            reasons.append(f"{server.name} redirects to {answer.headers.get('location')}")
            waiting[:0] = [target] if target else []
        elif answer.status_code in _NO_LEADER:
            no_leader = True
            reasons.append(f"{server.name} answers {answer.status_code} {answer.text[:80].strip()}")
        else:
            servers.insert(0, servers.pop(servers.index(server)))
            return answer
    if no_leader:
        raise _NoLeaderError("; ".join(reasons))
    raise NoAnswerError(
        "no Marathon answers:" + "".join(f"\n  {reason}" for reason in reasons),
        hint="mesosdeploy doctor names causes and remedies; --url names a Marathon elsewhere",
    )


def _target(answer: httpx.Response, servers: Sequence[Server]) -> Server | None:
    """Return the known server that a redirect points to: credentials go to no other."""
    authority = urlsplit(answer.headers.get("location", "")).netloc
    return next(
        (one for one in servers if authority in {one.authority, f"{one.name}:{PORT}"}), None
    )


def _data(answer: httpx.Response) -> Any:
    if answer.status_code >= 400:
        raise failure_of(answer)
    if not answer.content.strip():
        return {}
    try:
        return answer.json()
    except ValueError as exc:
        url = answer.request.url.copy_with(query=None)
        raise MarathonError(
            f"{url} answers, but with no JSON: this is no Marathon",
            hint=f"see what listens there: on port {PORT} it may be ZooKeeper's admin server",
        ) from exc


def _reason(exc: httpx.HTTPError) -> str:
    return "no answer in time" if isinstance(exc, httpx.TimeoutException) else str(exc)
