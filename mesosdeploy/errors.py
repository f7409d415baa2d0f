"""The error tree: every failure a user can meet, each family with its own exit code."""

from __future__ import annotations

from typing import ClassVar


class MesosDeployError(Exception):
    """A failure that is told to the user as a message and a remedy, never as a traceback.

    The message says what is wrong, where, and with which value; `hint` says what to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(MesosDeployError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code = 2


class SpecError(MesosDeployError):
    """The cluster's description is wrong: one error that carries every problem found."""

    exit_code = 3


class ProviderError(MesosDeployError):
    """Machines could not be listed, made or removed."""

    exit_code = 4


class DeployError(MesosDeployError):
    """The machines are there, but the cluster could not be installed on them."""

    exit_code = 5


class ArtifactError(DeployError):
    """A file that the cluster is installed from cannot be had, or is not what was pinned."""


class VerifyError(MesosDeployError):
    """The cluster is not what its description promises."""

    exit_code = 6


class StateError(MesosDeployError):
    """The recorded state is locked, damaged, or of a newer version than this program knows."""

    exit_code = 7
