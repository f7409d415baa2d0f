"""What daemons write when something well-known is wrong, with its cause and its remedy.

The fragments come from the sources of Mesos 1.11, ZooKeeper 3.8 and Marathon 1.11; see
docs/operations.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A fragment of a journal (regular expression), what it means and what helps."""

    fragment: str
    cause: str
    remedy: str


SIGNATURES = (
    Signature(
        fragment=r"bound to loopback interface",
        cause="the host name resolves to a loopback address, so no other node can reach the daemon",
        remedy="run `mesosdeploy up --converge`: it sets the daemon's address and /etc/hosts",
    ),
    Signature(
        fragment=r"Failed to perform fetch within|Unable to finish the recover protocol",
        cause="the registrar finds no quorum of replicas: masters do not reach each other on 5050",
        remedy="check that all masters run with the same quorum and that port 5050 is open",
    ),
    Signature(
        fragment=r"Incompatible agent info detected",
        cause="resources or attributes changed in a way that the agent's checkpoint forbids",
        remedy="set the old values again, or make the agent anew (its tasks end): `mesosdeploy ssh "
        "NODE -- 'systemctl stop mesos-agent; rm /var/lib/mesos/agent/meta/slaves/latest'`, then "
        "`mesosdeploy up --converge`; docs/operations.md tells how to drain one first",
    ),
    Signature(
        fragment=r"Failed to (?:create Linux launcher|locate systemd cgroups hierarchy)"
        r"|Failed to find a mounted cgroups hierarchy",
        cause="this build of Mesos needs cgroup v1, and the node offers only v2",
        remedy="use the flavour clusterd, or the posix isolators (mesos_agent_isolation)",
    ),
    Signature(
        fragment=r"Failed to load unknown flag|Failed to parse flag",
        cause="a flag does not exist in this version, or its value has the wrong form",
        remedy="correct mesos_master_flags or mesos_agent_flags in group_vars",
    ),
    Signature(
        fragment=r"Invalid command line flag|\[scallop\] Error",
        cause="an option of Marathon does not exist, or its value has the wrong form",
        remedy="correct marathon_options in group_vars, then mesosdeploy up --converge",
    ),
    Signature(
        fragment=r"UnsatisfiedLinkError|Failed to load native Mesos library",
        cause="Java cannot load libmesos: it is missing, has no Java interface, or lacks a library",
        remedy="look for `not found` in `ldd $MESOS_NATIVE_JAVA_LIBRARY` on the node; install a"
        " Mesos package with JNI, or name its file in marathon_mesos_native_library",
    ),
    Signature(
        fragment=r"likely due to an ABI mismatch",
        cause="libmesos was built for another compiler or version than Marathon can use",
        remedy="install the libmesos that belongs to the masters' package",
    ),
    Signature(
        fragment=r"UnsupportedClassVersionError|IllegalAccessError|InaccessibleObjectException",
        cause="the Java that runs it has the wrong version; Marathon needs 8 or 11",
        remedy="give such a JDK in marathon_java_archive, then mesosdeploy up --converge",
    ),
    Signature(
        fragment=r"No java installations was detected|java: (?:command )?not found",
        cause="there is no Java for it on the node",
        remedy="set marathon_java_archive or marathon_java_home, then mesosdeploy up --converge",
    ),
    Signature(
        fragment=r"Framework has been removed",
        cause="the masters removed the framework: by hand, or its failover timeout passed",
        remedy="remove Marathon's path in ZooKeeper while every Marathon is stopped, then"
        " mesosdeploy up --converge; its apps must be deployed again",
    ),
    Signature(
        fragment=r"[Aa]ddress already in use",
        cause="another process holds the daemon's port",
        remedy="find it with `ss -ltnp` on the node and move one of the two; on 8080 it is often"
        " ZooKeeper's admin server (admin.serverPort in zoo.cfg)",
    ),
    Signature(
        fragment=r"fsync-ing the write ahead log .* took",
        cause="the disk under ZooKeeper's log is slow; sessions may expire",
        remedy="give zookeeper_log_dir a disk of its own",
    ),
    Signature(
        fragment=r"No space left on device",
        cause="a file system of the node is full",
        remedy="free space: old sandboxes, logs, images (see the disk lines above)",
    ),
    Signature(
        fragment=r"refused authentication",
        cause="the master does not accept this agent's credential",
        remedy="compare the agent's credential with the master's credentials file",
    ),
    Signature(
        fragment=r"OutOfMemoryError|Cannot allocate memory|Out of memory",
        cause="a process did not get the memory that it asked for",
        remedy="give the node more memory, or change zookeeper_heap_mb or marathon_heap_mb",
    ),
)


def matches(journal: str) -> Iterator[tuple[Signature, str]]:
    """Yield each signature that the journal shows, with the last line that shows it."""
    lines = journal.splitlines()
    for signature in SIGNATURES:
        pattern = re.compile(signature.fragment)
        shown = next((line for line in reversed(lines) if pattern.search(line)), None)
        if shown is not None:
            yield signature, shown.strip()
