"""Run one service of the control plane: `serve.py SERVICE DIRECTORY PORT`, in its environment.

All of Nova is one process, so that its parts hear each other without a broker. A machine is
Nova's own fake one, noted in DIRECTORY/machines with what Nova would hand to a real one; machines
whose names contain "broken" fail. Faults are set by `PUT /_faults`. Where MACHINES_FOLLOWER names a
URL, it is called after each change to a machine, an address, a network or a rule; the call that
changed something ends after it, and fails when it fails.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import types
import warnings
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

SERVICE, DIRECTORY, PORT = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
HOSTS = sys.argv[4:]
FOLLOWER = os.environ.get("MACHINES_FOLLOWER", "")
FOLLOW_SECONDS = 300
FOLLOWED = re.compile(r"/(networks|floatingips|security-groups|security-group-rules)(/|$)")
"""What Neutron's clients change around machines; their ports change with the machines."""
sys.argv = [SERVICE]
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "1"
warnings.simplefilter("ignore")


class Faulty:
    """A WSGI application before a service's own.

    A fault is {method, path (a pattern), status, times, carried_out}: the call is refused with that
    status, or, `carried_out`, done and then answered so, as by a proxy that gave up waiting.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = Lock()
        self._faults: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """Answer one request."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path == "/_faults":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            with self._lock:
                self._faults = json.loads(environ["wsgi.input"].read(length))
            start("204 No Content", [])
            return []
        fault = self._hit(method, path)
        if fault is None:
            return self._application(environ, start)
        if fault.get("carried_out"):
            b"".join(self._application(environ, lambda *_: None))
        start(f"{fault['status']} Injected", [("Content-Type", "application/json")])
        return [json.dumps({"error": {"message": "injected by the test"}}).encode()]

    def _hit(self, method: str, path: str) -> dict[str, Any] | None:
        with self._lock:
            for fault in self._faults:
                if fault["method"] == method and re.search(fault["path"], path) and fault["times"]:
                    fault["times"] -= 1
                    return fault
        return None


class Followed:
    """A WSGI application before Neutron's own, which lets the follower see each change."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """Answer one request."""
        answer = self._application(environ, start)
        if environ["REQUEST_METHOD"] != "GET" and FOLLOWED.search(environ["PATH_INFO"]):
            follow()
        return answer


def follow() -> None:
    """Let the follower make what is noted, and wait for it; RuntimeError with what it says."""
    if FOLLOWER:
        try:
            urlopen(FOLLOWER, data=b"", timeout=FOLLOW_SECONDS).close()
        except OSError as exc:  # urllib's own, timeouts among them
            told = exc.read().decode() if isinstance(exc, HTTPError) else str(exc)
            raise RuntimeError(told) from exc


def calm_sqlite() -> None:
    """Make many threads able to write to one SQLite file: wait for each other, and try again."""
    from oslo_db import exception
    from oslo_db.sqlalchemy import exc_filters
    from sqlalchemy import event
    from sqlalchemy import exc as failures
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "connect")
    def _settings(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for setting in ("journal_mode=WAL", "synchronous=OFF", "busy_timeout=20000"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()

    @event.listens_for(Engine, "before_cursor_execute", retval=True)
    def _begin(*given: Any) -> tuple[str, Any]:
        _connection, _cursor, statement, parameters, *_ = given
        return ("BEGIN IMMEDIATE" if statement == "BEGIN" else statement), parameters

    @exc_filters.filters("sqlite", failures.OperationalError, r".*database is locked.*")
    def _locked(error: Exception, *_given: Any) -> None:
        raise exception.DBDeadlock(error)


def machines() -> types.ModuleType:
    """Return the module of the virt driver: Nova's fake one, which notes what it is given."""
    from nova import exception
    from nova.virt import fake

    noted = DIRECTORY / "machines"
    noted.mkdir(exist_ok=True)

    class Driver(fake.FakeDriver):  # type: ignore[misc]
        def spawn(self, context: Any, instance: Any, *given: Any, **named: Any) -> None:
            if "broken" in instance.display_name:
                raise exception.BuildAbortException(
                    instance_uuid=instance.uuid, reason="the disk of the host is broken"
                )
            super().spawn(context, instance, *given, **named)
            network = named.get("network_info") or given[4]
            record = {
                "id": instance.uuid,
                "name": instance.display_name,
                "host": instance.host,
                "zone": instance.availability_zone,
                "addresses": [ip["address"] for vif in network for ip in vif.fixed_ips()],
                "key": instance.key_data,
                "user_data": instance.user_data,
                "metadata": dict(instance.metadata),
                "runs": True,
            }
            note(noted / f"{instance.uuid}.json", record)
            try:
                follow()
            except RuntimeError as exc:
                self.destroy(context, instance, network)
                raise exception.BuildAbortException(
                    instance_uuid=instance.uuid, reason=str(exc)
                ) from exc

        def power_off(self, instance: Any, *given: Any, **named: Any) -> None:
            super().power_off(instance, *given, **named)
            self._turn(instance, runs=False)

        def power_on(self, context: Any, instance: Any, *given: Any, **named: Any) -> None:
            super().power_on(context, instance, *given, **named)
            self._turn(instance, runs=True)

        def destroy(self, context: Any, instance: Any, *given: Any, **named: Any) -> None:
            (noted / f"{instance.uuid}.json").unlink(missing_ok=True)
            follow()
            super().destroy(context, instance, *given, **named)

        def _turn(self, instance: Any, *, runs: bool) -> None:
            file = noted / f"{instance.uuid}.json"
            note(file, json.loads(file.read_text()) | {"runs": runs})
            follow()

    module = types.ModuleType("nova.virt.machines")
    module.Driver = Driver  # type: ignore[attr-defined]
    return module


def note(file: Path, record: dict[str, Any]) -> None:
    """Write a note in one step: somebody may be reading."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(record))
    part.rename(file)


def nova() -> Any:
    """Start conductor, scheduler and a compute for each host; return the API."""
    from nova import monkey_patch

    monkey_patch.patch(backend="threading")
    import nova.virt

    module = machines()
    sys.modules[module.__name__] = nova.virt.machines = module  # type: ignore[attr-defined]
    from nova.api.openstack import wsgi_app

    application = wsgi_app.init_application("osapi_compute", "nova-api-os-compute")
    import os_vif
    from nova import service, utils
    from nova.compute import rpcapi as compute
    from nova.conductor import rpcapi as conductor
    from nova.scheduler import rpcapi as scheduler
    from oslo_privsep import priv_context

    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    os_vif.initialize()
    parts: list[tuple[str, str, dict[str, str]]] = [
        ("nova-conductor", conductor.RPC_TOPIC, {}),
        ("nova-scheduler", scheduler.RPC_TOPIC, {}),
    ]
    for host in HOSTS:
        more = {"topic_alt": compute.RPC_TOPIC_ALT, "host": host}
        parts.append(("nova-compute", compute.RPC_TOPIC, more))
    for binary, topic, more in parts:
        service.Service.create(binary=binary, topic=topic, **more).start()
    return application


def application() -> Any:
    """Return the service's WSGI application, configured."""
    variable = f"OS_{SERVICE.upper()}_CONFIG_"
    os.environ[f"{variable}DIR"] = str(DIRECTORY / SERVICE)
    if SERVICE == "nova":
        return nova()
    if SERVICE == "neutron":
        os.environ[f"{variable}FILES"] = "neutron.conf;ml2.ini"
    from importlib import import_module

    found = import_module(f"{SERVICE}.wsgi.api").application
    return Followed(found) if SERVICE == "neutron" else found


def main() -> None:
    """Serve until the process is ended."""
    from waitress import serve

    calm_sqlite()
    # Placement answers one at a time: with more, its writes time out.
    threads = 1 if SERVICE == "placement" else 8
    serve(Faulty(application()), host="127.0.0.1", port=PORT, threads=threads, ident=None)


main()
