"""What the exporter serves of real ZooKeeper servers is what they say of themselves."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import HOST, ZooKeeper, free_port, get, has_zookeeper, wait_for
from tests.services.exporter.processes import Exporter, complaints

pytestmark = pytest.mark.skipif(not has_zookeeper(), reason="needs ZooKeeper's jar and a Java")


class Server(ZooKeeper):
    """A server with the interface that the role zookeeper switches on too."""

    def __init__(self, directory: Path, number: int = 0, peers: Mapping[int, str] = {}) -> None:
        super().__init__(directory)
        self.admin, config = free_port(), directory / "zoo.cfg"
        text = config.read_text().replace("enableServer=false", f"serverPort={self.admin}")
        text += f"admin.serverAddress={HOST}\ninitLimit=20\nsyncLimit=10\n"
        text += "".join(f"server.{peer}={place}\n" for peer, place in peers.items())
        config.write_text(text)
        (directory / "myid").write_text(f"{number}\n")
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        jars = f"{self.argv[2]}:/usr/share/java/servlet-api.jar"
        self.argv = ["java", "-cp", jars, main, str(config)]
        self.url_of_admin = f"http://{HOST}:{self.admin}"

    def monitor(self) -> dict[str, object]:
        return dict(get(f"{self.url_of_admin}/commands/monitor"))

    def is_ready(self) -> bool:
        try:
            return "command" in self.monitor()
        except urllib.error.HTTPError as exc:
            return exc.code == 500  # without a quorum `monitor` fails


def test_server_is_measured(directories: Directories) -> None:
    with (
        Server(directories.make("zookeeper") / "data") as server,
        Exporter(directories.make("exporter"), "zookeeper", server.url_of_admin) as exporter,
    ):
        wait_for("the server", lambda: server.monitor()["error"] is None)
        said, scrape = get(f"{server.url_of_admin}/commands/monitor"), exporter.fresh()
        assert scrape.value("mesos_up") == 1
        assert scrape.value("zookeeper_server_state", state="standalone") == 1
        assert scrape.value("zookeeper_znodes") == said["znode_count"] > 0
        assert scrape.value("zookeeper_snapshot_seconds_count") == said["cnt_snapshottime"] > 0
        assert scrape.value("zookeeper_fsync_seconds_count") == said["cnt_fsynctime"]
        assert 0 < said["uptime"] / 1000 <= scrape.value("zookeeper_uptime_seconds")
        assert complaints(scrape.text) == ""
        server.stop()
        scrape = exporter.fresh()
    assert scrape.value("mesos_up") == 0
    error = {"endpoint": "/commands/monitor", "reason": "refused"}
    assert scrape.labels("mesos_scrape_error") == [error]


def test_leader_tells_its_followers_and_a_server_without_quorum_is_down(
    directories: Directories,
) -> None:
    peers = {number: f"{HOST}:{free_port()}:{free_port()}" for number in (1, 2, 3)}
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server(directories.make("zookeeper") / "data", number, peers))
            for number in peers
        ]
        exporters = [
            stack.enter_context(
                Exporter(directories.make("exporter"), "zookeeper", server.url_of_admin)
            )
            for server in servers
        ]

        def states() -> list[str]:
            scrapes = [exporter.fresh() for exporter in exporters]
            found = [scrape.labels("zookeeper_server_state") for scrape in scrapes]
            return [labels[0]["state"] if labels else "" for labels in found]

        wait_for("a quorum", lambda: sorted(states()) == ["follower", "follower", "leader"])
        leader = states().index("leader")
        scrape = wait_for(
            "followers in step",
            lambda: (
                (found := exporters[leader].fresh()).value("zookeeper_synced_followers") == 2
                and found
            ),
        )
        assert scrape.value("zookeeper_learners") == 2
        assert complaints(scrape.text) == ""
        for index, server in enumerate(servers):
            if index != leader:
                server.stop()
        scrape = wait_for(
            "the loss of the quorum",
            lambda: (found := exporters[leader].fresh()).value("mesos_up") == 0 and found,
        )
        error = {"endpoint": "/commands/monitor", "reason": "not_serving"}
        assert scrape.labels("mesos_scrape_error") == [error]
