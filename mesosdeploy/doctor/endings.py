"""What the exit codes of daemons mean, with cause and remedy; only Marathon documents its own.

The codes are those of Marathon 1.8 to 1.11 (`CrashStrategy`), which the lab scheduler shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_WAIT = "nothing: systemd starts it again, as a follower; when it recurs, look at ZooKeeper"
_ZOOKEEPER = "mesosdeploy status shows the ensemble; port 2181 must be open to this node"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What an exit code means and what helps; `vague` says that the journal may know more."""

    cause: str
    remedy: str
    vague: bool = False


_MARATHON: Mapping[int, Ending] = {
    100: Ending(cause="it cannot connect to ZooKeeper", remedy=_ZOOKEEPER),
    101: Ending(cause="it lost the connection to ZooKeeper", remedy=_ZOOKEEPER),
    102: Ending(
        cause="a plugin did not start",
        remedy="correct plugin_dir and plugin_conf in marathon_options, or remove them",
        vague=True,
    ),
    103: Ending(cause="it lost the leadership, and ends so that another leads", remedy=_WAIT),
    104: Ending(cause="its leadership ended with an error", remedy=_WAIT, vague=True),
    105: Ending(cause="it gave up the leadership as it was asked to", remedy=_WAIT),
    106: Ending(
        cause="the Mesos masters refused it or broke off: authentication, or a role not allowed",
        remedy="compare mesos_authentication_* and mesos_role with what the masters allow",
        vague=True,
    ),
    107: Ending(
        cause="an unexpected error ended it",
        remedy="`mesosdeploy logs marathon` shows it; systemd starts it again",
        vague=True,
    ),
    108: Ending(
        cause="its state has instances but no framework id, so they cannot be taken over",
        remedy="restore the state in ZooKeeper from a backup; or, when those tasks may go, remove"
        " Marathon's path there. Then systemctl start marathon",
    ),
    109: Ending(
        cause="libmesos is too old for it (1.5.0 is the least), or of another ABI",
        remedy="install the libmesos of the masters' version, or name it in"
        " marathon_mesos_native_library; then mesosdeploy up --converge",
    ),
    110: Ending(
        cause="the masters removed the framework: by hand, or its failover timeout passed",
        remedy="its tasks are gone: save the app definitions, remove Marathon's path in ZooKeeper"
        " while every Marathon is stopped, then mesosdeploy up --converge and deploy them again",
    ),
    111: Ending(
        cause="another process holds its port",
        remedy="find it with `ss -ltnp` on the node; on 8080 it is often ZooKeeper's admin server"
        " (admin.serverPort in zoo.cfg). Move it, or set marathon_http_port",
    ),
    112: Ending(
        cause="an option does not exist in this version, or its value has the wrong form",
        remedy="correct marathon_options in group_vars, then mesosdeploy up --converge",
    ),
}


def of(unit: str, code: str) -> Ending | None:
    """Return what an exit code (systemd's ExecMainStatus) of a unit means, if that is known."""
    return _MARATHON.get(int(code)) if unit == "marathon" and code.isdigit() else None
