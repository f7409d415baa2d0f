"""`mesosdeploy version`."""

from __future__ import annotations

from mesosdeploy.commands.options import OutputOption
from mesosdeploy.console import Output

_PARTS = ("ansible-core", "ansible-runner", "apache-libcloud", "mitogen", "pytest-testinfra")


def version(output: OutputOption = Output.TABLE) -> None:
    """Show the version of mesosdeploy and of the parts that it is built on."""
    import platform
    from importlib.metadata import version as version_of

    from mesosdeploy import __version__, console

    data = {
        "mesosdeploy": __version__,
        "python": platform.python_version(),
        **{name: version_of(name) for name in _PARTS},
    }
    console.show(data, output, lambda: "\n".join(f"{k} {v}" for k, v in data.items()))
