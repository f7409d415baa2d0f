"""Builds the Debian packages of the programs that run on nodes, out of this package's own modules.

A program is a folder of `mesosdeploy/services` with a `packaging` folder in it: `depends` (the
Debian packages that it imports from), `description` (the first line is the synopsis) and a README.
The version of a package carries a digest of its content, so that a changed program is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mesosdeploy.errors import DeployError
from mesosdeploy.lab import build, debian

Report = Callable[[str], None]

_ROOT: Final = Path(__file__).parents[1]
_SHARED: Final = (
    "__init__.py",
    "mesos/__init__.py",
    "mesos/messages.py",
    "mesos/recordio.py",
    "services/__init__.py",
    "services/masters.py",
    "services/serving.py",
)
"""Modules of the package `mesosdeploy` that every program may import, beside its own."""

_LAUNCHER: Final = """\
#!/usr/bin/python3
import sys

sys.path.insert(0, "{library}")
from mesosdeploy.services.{module}.__main__ import main

sys.exit(main())
"""
_CONTROL: Final = """\
Package: {name}
Version: {version}
Architecture: all
Section: admin
Priority: optional
Maintainer: The mesosdeploy developers <mesosdeploy@localhost>
Installed-Size: $installed_size
Depends: {depends}
Description: {description}
"""
# The programs run as users that may not write beside their modules.
_COMPILE: Final = '#!/bin/sh\nset -e\n[ "$1" != configure ] || python3 -m compileall -q {library}\n'
_REMOVE_COMPILED: Final = (
    "#!/bin/sh\nset -e\nfind {library} -name __pycache__ -prune -exec rm -rf {{}} +\n"
)


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program for nodes: its Debian package, its module in `services`, and its path."""

    name: str
    module: str
    path: str

    @property
    def _folder(self) -> Path:
        return _ROOT / "services" / self.module

    @property
    def _library(self) -> str:
        return f"/usr/lib/{self.name}"

    def source_digest(self, version: str) -> str:
        """Return the sha256 (hex) of everything that goes into the package, and of this builder."""
        digest = hashlib.sha256(f"{self} {version}\n".encode())
        packaging = sorted((self._folder / "packaging").iterdir())
        for path in (*self.modules(), *packaging, Path(__file__), Path(debian.__file__)):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(_ROOT).as_posix()} {content}\n".encode())
        return digest.hexdigest()

    def build_package(
        self, *, version: str, archive: Path | None, output: Path, report: Report
    ) -> Path:
        """Build `<name>_<version>+lab.<digest>_all.deb` in `output` and return its path.

        Raises DeployError when a tool is missing or fails; there is no `archive` to build from.
        """
        del archive
        if shutil.which("dpkg-deb") is None:
            raise DeployError(
                f"the package {self.name} cannot be built without dpkg-deb",
                hint="apt-get install dpkg",
            )
        package_version = f"{version}+lab.{self.source_digest(version)[:8]}"
        report(f"packing {self.name} {package_version}")
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-") as scratch:
            tree, package = Path(scratch, "tree"), Path(scratch, "package.deb")
            self._fill(tree)
            debian.write_control(tree, self._control(package_version))
            self._write_scripts(tree / "DEBIAN")
            build.pack(tree, package)
            output.mkdir(parents=True, exist_ok=True)
            target = output / f"{self.name}_{package_version}_all.deb"
            shutil.copyfile(package, target)
        return target

    def depends(self) -> str:
        """Return the Debian packages that the program needs, as deb-control(5) has them."""
        text = (self._folder / "packaging" / "depends").read_text(encoding="utf-8")
        return " ".join(text.split())

    def modules(self) -> Iterator[Path]:
        """Yield every file that is installed: shared modules, then the program's own folder."""
        yield from (_ROOT / name for name in _SHARED)
        for path in sorted(self._folder.rglob("*")):
            inside = path.relative_to(self._folder).parts
            if path.is_file() and "__pycache__" not in inside and inside[0] != "packaging":
                yield path

    def _fill(self, tree: Path) -> None:
        for source in self.modules():
            inside = source.relative_to(_ROOT)
            target = tree / self._library.lstrip("/") / "mesosdeploy" / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        launcher = tree / self.path.lstrip("/")
        launcher.parent.mkdir(parents=True, exist_ok=True)
        launcher.write_text(_LAUNCHER.format(library=self._library, module=self.module))
        launcher.chmod(0o755)
        documentation = tree / "usr/share/doc" / self.name
        documentation.mkdir(parents=True)
        for readme in sorted((self._folder / "packaging").glob("README*")):
            shutil.copyfile(readme, documentation / readme.name)

    def _control(self, version: str) -> str:
        packaging = self._folder / "packaging"
        text = (packaging / "description").read_text(encoding="utf-8").strip().splitlines()
        # deb-control(5): lines of the description begin with a blank, an empty one is a dot.
        description = "\n".join(
            [text[0].strip(), *(f" {line.strip() or '.'}" for line in text[1:])]
        )
        return _CONTROL.format(
            name=self.name,
            version=version,
            depends=self.depends(),
            description=description.replace("$", "$$"),
        )

    def _write_scripts(self, directory: Path) -> None:
        scripts = {"postinst": _COMPILE, "prerm": _REMOVE_COMPILED}
        for name, text in scripts.items():
            (directory / name).write_text(text.format(library=self._library))
            (directory / name).chmod(0o755)


BUILDERS: Final[Mapping[str, Program]] = {
    "marathon": Program(name="marathon", module="marathon", path="/usr/bin/marathon"),
    "balancer": Program(
        name="mesosdeploy-balancer", module="balancer", path="/usr/bin/mesosdeploy-balancer"
    ),
    "dns": Program(name="mesos-dns", module="dns", path="/usr/sbin/mesos-dns"),
    "exporter": Program(
        name="mesosdeploy-mesos-exporter", module="exporter", path="/usr/bin/mesos-exporter"
    ),
}
"""Every program by the name of its builder in a lock file."""
