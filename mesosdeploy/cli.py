"""The command itself: builds the app, and is the only map from error to text and exit code."""

from __future__ import annotations

import io
import signal
import sys
from types import FrameType
from typing import Never

import typer

from mesosdeploy.commands import (
    alerts,
    artifacts,
    doctor,
    down,
    gc,
    init,
    inventory,
    logs,
    plan,
    schema,
    ssh,
    state,
    status,
    top,
    up,
    validate,
    verify,
    version,
)
from mesosdeploy.commands import app as services
from mesosdeploy.commands import open as pages
from mesosdeploy.errors import MesosDeployError

_EPILOG = """
Exit codes: 0 done (or nothing to do), 1 this machine refused, 2 usage, 3 bad spec,
4 machines, 5 deployment, 6 verification failed, 7 state locked or damaged, 130 interrupted.
"""

_INTERRUPTED = 130

app = typer.Typer(
    name="mesosdeploy",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
    help="""Deploy Apache Mesos clusters: machines, ZooKeeper, masters, agents, all verified.

A cluster is described by a directory (`-i`, default inventories/local) that holds cluster.yml.

First steps: `mesosdeploy init demo`, `mesosdeploy plan -i inventories/demo`,
`mesosdeploy up -i inventories/demo`.""",
)

_BUILD, _LOOK, _RUN = "Build and remove", "Look", "Run services"
_HELP = "Describe and prepare"
for _name, _function, _panel in (
    ("up", up.up, _BUILD),
    ("plan", plan.plan, _BUILD),
    ("down", down.down, _BUILD),
    ("gc", gc.gc, _BUILD),
    ("status", status.status, _LOOK),
    ("top", top.top, _LOOK),
    ("open", pages.open_page, _LOOK),
    ("verify", verify.verify, _LOOK),
    ("doctor", doctor.doctor, _LOOK),
    ("logs", logs.logs, _LOOK),
    ("ssh", ssh.ssh, _LOOK),
    ("init", init.init, _HELP),
    ("validate", validate.validate, _HELP),
    ("schema", schema.schema, _HELP),
    ("inventory", inventory.inventory, _HELP),
    ("version", version.version, _HELP),
):
    app.command(_name, rich_help_panel=_panel)(_function)
app.add_typer(alerts.app, name="alerts", rich_help_panel=_LOOK)
app.add_typer(services.app, name="app", rich_help_panel=_RUN)
app.add_typer(artifacts.app, name="artifacts", rich_help_panel=_HELP)
app.add_typer(state.app, name="state", rich_help_panel=_BUILD)


def main() -> Never:
    """Run the command line and exit with the code of the error's family."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 gets escapes, no crash
            stream.reconfigure(errors="backslashreplace")
    try:
        app(standalone_mode=True)
    except MesosDeployError as error:
        _fail(error)
    except OSError as error:  # what no edge expected of this machine: a full disk, a mode
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _fail(MesosDeployError(f"this machine refused: {what}", hint="correct that, then repeat"))
    except SystemExit as end:
        if end.code == _INTERRUPTED:  # typer has met the KeyboardInterrupt
            sys.stderr.write("\ninterrupted; the same command continues from here\n")
        raise
    sys.exit(0)


def _fail(error: MesosDeployError) -> Never:
    from mesosdeploy.console import failure

    failure(error)
    sys.exit(error.exit_code)


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
