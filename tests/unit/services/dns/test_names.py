"""Claims about labels: what Mesos-DNS makes of names."""

from __future__ import annotations

import pytest

from mesosdeploy.services.dns import names

LONG = "a" * 70


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("web", "web", id="as it is"),
        pytest.param("Web-1", "web-1", id="lower case"),
        pytest.param("b.a", "b-a", id="dots are dashes: Marathon's /a/b"),
        pytest.param("my_app", "my-app", id="underscores are dashes"),
        pytest.param("a b/c$d", "abcd", id="other characters go"),
        pytest.param("-web-", "web", id="no dash at the ends"),
        pytest.param("..", "", id="nothing left"),
        pytest.param("ünï", "n", id="only ASCII"),
        pytest.param(LONG, "a" * 63, id="63 characters"),
        pytest.param("a" * 62 + "-b", "a" * 62, id="no dash at the end after the cut"),
    ],
)
def test_label(name: str, expected: str) -> None:
    assert names.label(name) == expected


def test_rfc952_label_is_short_and_begins_with_a_letter() -> None:
    assert names.label("1-web-" + LONG, "RFC952") == "web-" + "a" * 20


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("marathon", "marathon", id="one"),
        pytest.param("marathon.prod", "marathon.prod", id="dots stay"),
        pytest.param(".a..B_.", "a.b", id="empty parts go"),
    ],
)
def test_labels_of_a_framework(name: str, expected: str) -> None:
    assert names.labels(name) == expected


def test_hash_of_a_task_is_mesos_dns_own() -> None:
    # Worked out by hand from z-base-32: five groups of five bits of the digest.
    assert names.task_hash("reddit-21a5f6e2") == _by_hand("reddit-21a5f6e2")


def _by_hand(text: str) -> str:
    import hashlib

    bits = int.from_bytes(hashlib.sha1(text.encode()).digest(), "big") >> (160 - 25)
    letters = "ybndrfg8ejkmcpqxot1uwisza345h769"
    return "".join(letters[(bits >> shift) & 31] for shift in (20, 15, 10, 5, 0))


@pytest.mark.parametrize("name", ["web", LONG[:63], f"b.{LONG[:63]}"], ids=["short", "long", "two"])
def test_unique_label_fits_and_ends_with_the_agent(name: str) -> None:
    label = names.unique_label(name, task_id="t1", agent_id="c0-S12")
    assert label.endswith(f"-{names.task_hash('t1')}-s12")
    assert max(map(len, label.split("."))) <= names.LONGEST_LABEL


def test_service_label_fits_in_spite_of_its_underscore() -> None:
    assert names.service_label("web") == "_web"
    assert len(names.service_label("a" * 63)) == names.LONGEST_LABEL
    assert names.service_label("b.a") == "_b.a"
