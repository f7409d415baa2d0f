"""One environment opened for work: its spec, its provider, and where its state lies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from mesosdeploy import resources
from mesosdeploy.errors import StateError, UsageError
from mesosdeploy.providers import base
from mesosdeploy.state import keys

if TYPE_CHECKING:
    from mesosdeploy.spec import Spec

REHEARSAL = "fake"
BORROWED = "static"
_PATH_OPTIONS = frozenset({"private_key", "known_hosts"})


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A spec with its inventory directory, the provider in use and the state directory."""

    spec: Spec
    source: Path
    provider_name: str
    directory: Path

    @classmethod
    def load(cls, source: Path, provider: str | None = None) -> Environment:
        """Read the spec under `source`; `provider` replaces the one that the spec names.

        A replaced provider works in a state directory of its own, so that a rehearsal never
        touches what is recorded of the real cluster. Raises SpecError for a bad spec.
        """
        from mesosdeploy.spec import load

        spec, own = load(source), ""
        if provider and provider != spec.provider.type:
            spec, own = spec.with_provider(provider), f".{provider}"
        return cls(
            spec=spec,
            source=source,
            provider_name=spec.provider.type,
            directory=resources.state_dir() / f"{spec.name}{own}",
        )

    @property
    def rehearsal(self) -> bool:
        """Whether machines are only pretended, so that nothing can be installed on them."""
        return self.provider_name == REHEARSAL

    @property
    def borrows(self) -> bool:
        """Whether the machines are somebody's, there before the cluster and after it."""
        return self.provider_name == BORROWED

    @property
    def stands_in(self) -> bool:
        """Whether the provider was put in the place of the one that the spec names."""
        return self.directory.name != self.spec.name

    @property
    def lock_name(self) -> str:
        """The name under which operators exclude one another."""
        return self.directory.name

    @property
    def inventory_json(self) -> Path:
        """Where `up` writes the Ansible inventory."""
        return self.directory / "inventory.json"

    @property
    def ssh_config(self) -> Path:
        """Where `up` writes the OpenSSH configuration of the cluster's nodes."""
        return self.directory / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """Where the pinned host keys are."""
        return self.directory / "known_hosts"

    @property
    def spec_file(self) -> Path:
        """The cluster.yml."""
        return self.source if self.source.is_file() else self.source / "cluster.yml"

    @cached_property
    def provider(self) -> base.Provider:
        """The provider, loaded with what it may know of the cluster."""
        public = keys.private_key(self.directory).with_suffix(".pub")
        context = base.ClusterContext(
            cluster=self.spec.name,
            directory=self.directory,
            public_key=public.read_text().strip() if public.exists() else "",
            options=self._provider_options(),
        )
        return base.load(self.provider_name, context)

    def _provider_options(self) -> dict[str, Any]:
        """Return the provider's options; paths in them are taken from the inventory directory."""
        options: dict[str, Any] = _with_paths(self.spec.provider.options(), self.spec_file.parent)
        return options

    @property
    def private_key(self) -> Path:
        """The key that opens the nodes: the provider option `private_key`, else the cluster's."""
        given = self._provider_options().get("private_key")
        return Path(given) if given else keys.private_key(self.directory)

    def inventory(self) -> dict[str, Any]:
        """Return the inventory that the last `up` wrote; StateError when there is none."""
        try:
            found: dict[str, Any] = json.loads(self.inventory_json.read_text(encoding="utf-8"))
            found["_meta"]["hostvars"].keys()
        except FileNotFoundError as exc:
            raise StateError(
                f"the cluster {self.spec.name!r} is not up: {self.inventory_json} does not exist",
                hint=f"make it: mesosdeploy up -i {quote(str(self.source))}",
            ) from exc
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise StateError(
                f"{self.inventory_json} is damaged: {exc!r}",
                hint=f"write it again: mesosdeploy up -i {quote(str(self.source))}",
            ) from exc
        return found

    def fingerprint(self, artifacts: dict[str, str]) -> str:
        """Return a digest of all that decides what gets installed.

        That is the spec, the variables beside it, playbooks, roles, and the artifacts' digests.
        """
        digest = hashlib.sha256(self.spec.fingerprint().encode())
        digest.update(json.dumps(artifacts, sort_keys=True).encode())
        for path in self._files():
            digest.update(path.name.encode(errors="surrogateescape"))
            try:
                digest.update(path.read_bytes())
            except OSError as exc:
                raise UsageError(
                    f"{path} cannot be read: {exc.strerror or exc}",
                    hint="what is installed depends on it: correct its owner and mode",
                ) from exc
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        home = self.spec_file.parent
        for root in (
            resources.data_root() / "playbooks",
            resources.roles_path(),
            home / "group_vars",
            home / "host_vars",
        ):
            if root.is_dir():
                yield from sorted(path for path in root.rglob("*") if path.is_file())


def _with_paths(value: Any, home: Path) -> Any:
    """Return options in which every path, at any depth, is taken from the inventory directory."""
    if isinstance(value, list | tuple):
        return [_with_paths(each, home) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str((home / Path(each).expanduser()).resolve())
        if key in _PATH_OPTIONS and each
        else _with_paths(each, home)
        for key, each in value.items()
    }
