"""Long-running services on a real cluster: deployed, found, balanced, replaced when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Cluster, MakeCluster
from tests.e2e.services import CONNECTIONS, NAME, Services, Wrk, definition

pytestmark = pytest.mark.containers
ANSWERED_SECONDS = 30
REPLACED_SECONDS = 60
FAILOVER_SECONDS = 60
# Three failed health checks, one a second, of three seconds at the most; a dead process is told
# at once.
BOUND_SECONDS = 10


@pytest.fixture(scope="module")
def cluster(make_cluster: MakeCluster) -> Cluster:
    made = make_cluster("svc", masters=3, agents=3, services=True)
    done = made.run("up", seconds=900)
    assert done.returncode == 0, done.stdout + done.stderr
    (made.state / "up.txt").write_text(done.stderr)
    return made


@pytest.fixture(scope="module")
def services(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The cluster with the service deployed in its first release on three agents."""
    made = Services(cluster=cluster, directory=tmp_path_factory.mktemp("apps"))
    made.deploy(definition(release="one"))
    yield made
    made.ok("remove", NAME, "--yes")
    assert made.running() == {}


def test_up_ends_with_a_service_through_the_load_balancer(cluster: Cluster) -> None:
    told = (cluster.state / "up.txt").read_text()
    assert "Marathon: http://" in told
    names = [check["check"] for check in cluster.json("verify", "--role", "cluster")["results"]]
    assert any("service" in name and "balancer" in name for name in names), names


def test_three_instances_run_on_distinct_agents(services: Services) -> None:
    hosts = list(services.running().values())
    assert len(hosts) == 3
    assert len(set(hosts)) == 3


def test_every_instance_answers_through_the_load_balancer(services: Services) -> None:
    seen: set[str] = set()

    def all_answered() -> bool:
        seen.add(services.ask().split()[1])
        return seen >= set(services.running())

    services.cluster.until("each instance has answered", ANSWERED_SECONDS, all_answered)


@pytest.mark.parametrize("node", ["master-1", "agent-1", "monitor-1"])
def test_service_is_found_by_name_on_every_kind_of_node(services: Services, node: str) -> None:
    addresses = set(services.running().values())
    services.cluster.until(
        "the name has all addresses",
        ANSWERED_SECONDS,
        lambda: (
            {
                line.split()[0]
                for line in services.cluster.on(
                    node, f"getent ahostsv4 {NAME}.marathon.mesos || true"
                ).splitlines()
            }
            == addresses
        ),
    )


def test_service_answers_by_its_name(services: Services) -> None:
    """The name has every agent's address and a port is that of one: ask until they meet."""
    port = services.tasks()[0]["ports"][0]
    url = f"http://{NAME}.marathon.mesos:{port}/"
    services.cluster.until(
        "the service answers by name",
        ANSWERED_SECONDS,
        lambda: services.cluster.on("monitor-1", f"curl -fsS -m 5 {url} || true").startswith("one"),
    )


def test_killed_instance_is_replaced_and_no_request_fails_after_the_bound(
    services: Services,
) -> None:
    victim, host = next(iter(services.running().items()))
    with Wrk(services.url, 15) as during:
        # The brackets keep the pattern from finding the shell that carries it.
        services.cluster.on(services.name_of(host), "pkill -KILL -f 'def do_[G]ET'")
        services.cluster.until(
            "the instance is out", BOUND_SECONDS, lambda: victim not in services.running()
        )
        with Wrk(services.url, 10) as after:
            services.cluster.until(
                "the instance is replaced", REPLACED_SECONDS, lambda: len(services.running()) == 3
            )
            later = after.result()
        cut_off = during.result()
    # What a killed process had begun to answer is lost: one answer per connection at the most.
    assert cut_off.requests > 100, cut_off.text
    assert cut_off.failed <= CONNECTIONS, cut_off.text
    assert later.requests > 100, later.text
    assert later.failed == 0, later.text


@pytest.mark.parametrize("count", [5, 1, 3])
def test_scaling_loses_no_request(services: Services, count: int) -> None:
    with Wrk(services.url, 15) as load:
        services.ok("scale", NAME, str(count))
        assert len(services.running()) == count
        counted = load.result()
    assert counted.failed == 0, counted.text


def test_new_release_rolls_out_without_a_failed_request(services: Services) -> None:
    with Wrk(services.url, 40) as load:
        services.deploy(definition(release="two"))
        assert load.running, "the load ended before the deployment did: it proves nothing"
        services.cluster.until(
            "only the new release answers",
            ANSWERED_SECONDS,
            lambda: services.releases() == {"two"},
        )
        counted = load.result()
    assert counted.requests > 100, counted.text
    assert counted.failed == 0, counted.text


@pytest.mark.parametrize("unit", ["marathon", "mesos-master"])
def test_killed_leader_costs_no_task_and_no_request(services: Services, unit: str) -> None:
    before, cluster = services.running(), services.cluster

    def leading() -> str:
        if unit == "marathon":
            return services.leading_marathon()
        return str(cluster.json("status")["leader"] or "")

    old = leading()
    with Wrk(services.url, 25) as load:
        cluster.on(old, f"systemctl kill -s KILL {unit}; systemctl stop {unit}")
        took = cluster.until(
            "another one leads", FAILOVER_SECONDS, lambda: leading() not in (old, "")
        )
        print(f"failover of {unit}: {took:.1f} s")
        counted = load.result()
    cluster.on(old, f"systemctl start {unit}")
    assert counted.failed == 0, counted.text
    cluster.until(
        "Marathon answers", FAILOVER_SECONDS, lambda: set(services.running()) == set(before)
    )
    services.ok("scale", NAME, "4")
    assert len(set(services.running()) & set(before)) == len(before)
    services.ok("scale", NAME, "3")
    cluster.until("the cluster is whole", 90, lambda: bool(cluster.json("status")["healthy"]))


def test_crashing_app_fails_the_command_with_its_last_words(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "crash.yml"
    file.write_text(
        "id: /crash\ncmd: echo famous last words >&2; exit 3\ncpus: 0.1\nmem: 32\n"
        "backoffSeconds: 1\n"
    )
    try:
        done = services.app("deploy", str(file), "--yes", "--timeout", "60")
        assert done.returncode == 5, done.stdout + done.stderr
        assert "famous last words" in done.stderr
    finally:
        services.ok("remove", "crash", "--yes")


def test_verification_passes_after_all_of_it(services: Services) -> None:
    services.cluster.ok("verify")
