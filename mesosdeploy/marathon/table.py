"""Apps and tasks as tables for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from mesosdeploy.marathon.normal import normal
from mesosdeploy.marathon.text import text
from mesosdeploy.marathon.views import RUNNING, Address, AppView, TaskView, Waiting, age

Addresses = Callable[[AppView], Sequence[Address]]


def apps(views: Iterable[AppView], addresses: Addresses) -> Table:
    """Return one row an app; instances and health as `have/want`."""
    columns = ("id", "running", "healthy", "cpus", "mem MB", "age", "reached at", "deployment")
    table = Table(*columns)
    for view in views:
        table.add_row(
            view.id,
            _share(view.running, view.instances),
            _share(view.healthy, view.instances) if view.checked else Text("-"),
            f"{view.definition.get('cpus', 0):g}",
            f"{view.definition.get('mem', 0):g}",
            age(view.version),
            "\n".join(reached_at(view, addresses(view))),
            "\n".join(one[:8] for one in view.deployments) or "-",
        )
    return table


def reached_at(view: AppView, addresses: Sequence[Address]) -> list[str]:
    """Return the balancer's URLs, else the first tasks' own addresses."""
    if addresses:
        return [str(one) for one in addresses]
    places = [task.places for task in view.tasks if task.ports]
    return places[:3] + ([f"and {len(places) - 3} more"] if len(places) > 3 else [])


def app(view: AppView, waits: Waiting | None, addresses: Sequence[Address]) -> Group:
    """Return all about one app: summary, definition, tasks, what is wrong with it."""
    lines = [Text(f"{view.id}: {view.progress}, version of {view.version}", style="bold")]
    lines += [Text(f"reached at {one}") for one in addresses]
    lines += [Text(f"deployment {one} goes on", style="yellow") for one in view.deployments]
    if waits:
        lines.append(Text(str(waits), style="yellow"))
    if view.failure:
        one = view.failure
        told = f"last failure {age(one.when)} ago: {one.task_id} on {one.host}: {one.state}"
        lines.append(Text(f"{told} {one.message}", style="red"))
    return Group(*lines, Text(text(normal(view.definition)).rstrip()), _tasks(view.tasks))


def _tasks(tasks: Iterable[TaskView]) -> Table:
    table = Table("task", "state", "health", "reached at", "age", "version")
    for task in tasks:
        table.add_row(
            task.id,
            Text(task.state, style="green" if task.state == RUNNING else "yellow"),
            _health(task),
            task.places,
            age(task.started_at),
            task.version,
        )
    return table


def _health(task: TaskView) -> Text:
    if task.healthy is None:
        return Text("-")
    if task.healthy:
        return Text("healthy", style="green")
    return Text(f"unhealthy {task.why}".strip(), style="bold red")


def _share(have: int, want: int) -> Text:
    return Text(f"{have}/{want}", style="green" if have == want else "bold yellow")
