"""When Mesos does not answer the exporter does, says why, and soon."""

from __future__ import annotations

import base64
import json
import signal
import ssl
import threading
import time
import urllib.error
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.conftest import Directories
from tests.lab.processes import HOST, Master, free_port, wait_for
from tests.services.exporter.processes import Exporter, Scrape

SNAPSHOT = {"master/elected": 1.0, "master/tasks_running": 3.0}


def secret(directory: Path, text: str) -> str:
    path = directory / "credentials"
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


def reasons(scrape: Scrape) -> dict[str, str]:
    return {labels["endpoint"]: labels["reason"] for labels in scrape.labels("mesos_scrape_error")}


class StandIn:
    """A server in place of a master: answers with a status, JSON, or nothing; counts requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        outer, self.requests = self, list[str]()
        self.status, self.body, self.headers = 200, json.dumps(SNAPSHOT), dict[str, str]()
        self.answers = threading.Event()
        self.answers.set()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                outer.answers.wait(20)
                details = self.path.startswith(("/state-summary", "/version"))
                body = '{"frameworks": []}' if details else outer.body
                self.send_response(outer.status)
                for name, value in {**outer.headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_arguments: object) -> None: ...

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"{'https' if tls else 'http'}://{HOST}:{self._server.server_port}"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @contextmanager
    def serving(self) -> Iterator[StandIn]:
        self._thread.start()
        try:
            yield self
        finally:
            self.answers.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()


@contextmanager
def exporting(
    directories: Directories, url: str, *options: str, kind: str = "master"
) -> Iterator[Exporter]:
    with Exporter(directories.make("exporter"), kind, url, *options) as exporter:
        yield exporter


def test_master_that_is_gone_is_down_and_the_scrape_is_not(
    root: Path, directories: Directories
) -> None:
    with (
        Master(root, directories.make("master")) as master,
        exporting(directories, master.url) as exporter,
    ):
        assert exporter.scrape().value("mesos_up") == 1
        master.stop()
        scrape = wait_for(
            "a scrape without master",
            lambda: (found := exporter.scrape()).value("mesos_up") == 0 and found,
        )
        assert reasons(scrape) == {"/metrics/snapshot": "refused"}
        assert scrape.seconds < 1
        assert not scrape.labels("mesos_master_elected")
        for _ in range(3):
            exporter.scrape()
        said = exporter.log.read_text()
        assert said.count("/metrics/snapshot: ") == 1, said
        assert f"{master.url}/metrics/snapshot: Cannot connect" in said
        master.start()
        wait_for("the master", lambda: exporter.scrape().value("mesos_up") == 1)
        assert "answers again" in exporter.log.read_text()


def test_master_that_hangs_is_down_within_five_seconds(
    root: Path, directories: Directories
) -> None:
    with (
        Master(root, directories.make("master")) as master,
        exporting(directories, master.url) as exporter,
    ):
        assert exporter.scrape().value("mesos_up") == 1
        assert master._process is not None
        master._process.send_signal(signal.SIGSTOP)
        try:
            scrape = wait_for(
                "a scrape of a master that hangs",
                lambda: (found := exporter.scrape()).value("mesos_up") == 0 and found,
            )
        finally:
            master._process.send_signal(signal.SIGCONT)
        assert reasons(scrape) == {"/metrics/snapshot": "timeout"}
        assert 3.5 < scrape.seconds < 5
        wait_for("the master", lambda: exporter.scrape().value("mesos_up") == 1)


def test_master_with_authentication_is_asked_with_credentials(
    root: Path, directories: Directories
) -> None:
    directory = directories.make("master")
    credentials = {"credentials": [{"principal": "exporter", "secret": "hush"}]}
    (directory / "credentials.json").write_text(json.dumps(credentials))
    environment = {
        "MESOS_AUTHENTICATE_HTTP_READONLY": "true",
        "MESOS_AUTHENTICATE_HTTP_READWRITE": "true",
        "MESOS_CREDENTIALS": f"file://{directory}/credentials.json",
    }
    right = secret(directories.make("right"), "exporter:hush")
    wrong = secret(directories.make("wrong"), "exporter:loud")
    with LockedMaster(root, directory, environment=environment) as master:
        for options in ((), ("--credentials-file", wrong)):
            with exporting(directories, master.url, *options) as exporter:
                scrape = exporter.scrape()
                assert scrape.value("mesos_up") == 0
                assert reasons(scrape) == {"/metrics/snapshot": "unauthorized"}
        with exporting(directories, master.url, "--credentials-file", right) as exporter:
            scrape = exporter.scrape()
            assert reasons(scrape) == {}
            assert scrape.value("mesos_up") == 1
            assert scrape.value("mesos_master_elected") in (0, 1)
            assert "hush" not in " ".join(exporter.argv)


class LockedMaster(Master):
    def is_ready(self) -> bool:
        try:
            return super().is_ready()
        except urllib.error.HTTPError as exc:
            return exc.code == 401


def certificate(directory: Path) -> Path:
    """Make a certificate for this host, with its key in the same file, that trusts itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = directory / "certificate.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(encoding, form, serialization.NoEncryption())
        + made.public_bytes(encoding)
    )
    return path


def test_tls_is_trusted_with_the_right_authority_only(directories: Directories) -> None:
    path = certificate(directories.make("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with StandIn(context).serving() as mesos:
        with exporting(directories, mesos.url, "--ca-file", str(path)) as exporter:
            scrape = exporter.scrape()
            assert scrape.value("mesos_up") == 1
            assert scrape.value("mesos_master_tasks_running") == 3
        with exporting(directories, mesos.url) as exporter:
            scrape = exporter.scrape()
            assert scrape.value("mesos_up") == 0
            assert reasons(scrape) == {"/metrics/snapshot": "tls"}
            assert "certificate" in exporter.log.read_text()
        with exporting(directories, mesos.url.replace("https", "http")) as exporter:
            assert reasons(exporter.scrape()) == {"/metrics/snapshot": "broken_off"}


@pytest.mark.parametrize(
    ("status", "body", "headers", "reason"),
    [
        (503, "", {}, "http_503"),
        (307, "", {"Location": "//192.0.2.1:5050/"}, "redirected"),
        (200, "<html>", {}, "not_json"),
        (200, "[1]", {}, "not_understood"),
    ],
    ids=["unavailable", "redirect", "no-json", "other-json"],
)
def test_wrong_answer_is_down_with_its_reason(
    status: int, body: str, headers: Mapping[str, str], reason: str, directories: Directories
) -> None:
    with StandIn().serving() as mesos:
        mesos.status, mesos.body, mesos.headers = status, body, dict(headers)
        with exporting(directories, mesos.url) as exporter:
            scrape = exporter.scrape()
    assert scrape.value("mesos_up") == 0
    assert reasons(scrape) == {"/metrics/snapshot": reason}


def test_frameworks_that_cannot_be_had_leave_the_master_up(directories: Directories) -> None:
    with StandIn().serving() as mesos, exporting(directories, mesos.url, kind="agent") as exporter:
        scrape = exporter.scrape()  # /containers and /state are no such documents
    assert scrape.value("mesos_up") == 1
    assert reasons(scrape) == {"/containers": "not_understood"}


def test_many_who_ask_at_once_are_one_request(directories: Directories) -> None:
    with StandIn().serving() as mesos, exporting(directories, mesos.url) as exporter:
        mesos.requests.clear()
        begin = time.monotonic()
        while time.monotonic() < begin + 1.5:
            exporter.scrape()
        snapshots = [path for path in mesos.requests if path.startswith("/metrics/snapshot")]
        assert 2 <= len(snapshots) <= 3


def test_metrics_are_for_who_knows_the_password(directories: Directories) -> None:
    file = secret(directories.make("web"), "prometheus:hush")
    with (
        StandIn().serving() as mesos,
        exporting(directories, mesos.url, "--web-credentials-file", file) as exporter,
    ):
        for wrong in ("", "prometheus:loud", "hush"):
            given = base64.b64encode(wrong.encode()).decode()
            headers = {"Authorization": f"Basic {given}"} if wrong else {}
            with pytest.raises(urllib.error.HTTPError, match="401"):
                exporter.scrape(headers)
        given = base64.b64encode(b"prometheus:hush").decode()
        assert exporter.scrape({"Authorization": f"Basic {given}"}).value("mesos_up") == 1


def test_taken_port_ends_it_with_one_sentence(directories: Directories) -> None:
    with StandIn().serving() as mesos, exporting(directories, mesos.url) as exporter:
        second = Exporter(directories.make("exporter"), "master", mesos.url)
        second.argv = [*exporter.argv]
        second.is_ready = lambda: True  # type: ignore[method-assign]
        second.start()
        assert second._process is not None
        assert second._process.wait(20) == 1
        assert second.log.read_text().startswith(f"ERROR cannot listen on {HOST}:{exporter.port}: ")


def test_host_without_a_port_is_refused(directories: Directories) -> None:
    with exporting(directories, f"http://{HOST}:{free_port()}", kind="agent") as exporter:
        assert reasons(exporter.scrape()) == {"/metrics/snapshot": "refused"}
