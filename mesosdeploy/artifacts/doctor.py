"""Asking every source whether it still has what is pinned, before somebody needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.lock import FILE, Entry, Kind
from mesosdeploy.artifacts.sources import Candidate, ChangedError, Places
from mesosdeploy.artifacts.store import Report, Store


class Status(StrEnum):
    """What became of a source since the artifact was pinned."""

    OK = "ok"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One source of one artifact; `needed` says that the inventory is installed from it."""

    artifact: str
    source: str
    status: Status
    detail: str
    remedy: str = ""
    needed: bool = False


def diagnose(
    entries: Sequence[Entry],
    *,
    needed: Callable[[Entry], bool],
    places: Places,
    store: Store,
    report: Report,
) -> Sequence[Row]:
    """Return a row for each source of each entry, then one for each stored file, hashed again."""
    rows: list[Row] = []
    for entry in entries:
        if entry.kind is Kind.FILE:
            report(f"asking the sources of {entry.wanted}")
            asked = [_ask(candidate) for candidate in places.candidates(entry)]
            rows += [replace(row, needed=needed(entry)) for row in _with_remedies(asked)]
        elif entry.kind is Kind.OPERATOR and needed(entry):
            rows.append(_unsupplied(entry))
    report("hashing the stored files again")
    return [*rows, *_stored(store)]


def without_source(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the needed artifacts that no source has any more."""
    working = {row.artifact for row in rows if row.status is Status.OK}
    lost = [row.artifact for row in rows if row.needed and row.artifact not in working]
    return tuple(dict.fromkeys(lost))


def _ask(candidate: Candidate) -> Row:
    row = Row(
        artifact=str(candidate.entry.wanted), source=candidate.label, status=Status.OK, detail=""
    )
    try:
        return replace(row, detail=candidate.probe())
    except ChangedError as exc:
        return replace(row, status=Status.CHANGED, detail=exc.message)
    except RefusedError as exc:
        return replace(row, status=Status.GONE, detail=exc.message)


def _with_remedies(rows: Sequence[Row]) -> Iterator[Row]:
    elsewhere = any(row.status is Status.OK for row in rows)
    for row in rows:
        if row.status is Status.OK:
            yield row
        elif row.status is Status.CHANGED:
            remedy = "find out why before you pin it again: the pinned file was another one"
            yield replace(row, remedy=remedy)
        elif elsewhere:
            yield replace(row, remedy="none needed while another source works")
        else:
            remedy = f"set MESOSDEPLOY_MIRROR, or give a source in the inventory's {FILE}"
            yield replace(row, remedy=remedy)


def _unsupplied(entry: Entry) -> Row:
    return Row(
        artifact=str(entry.wanted),
        source="operator",
        status=Status.GONE,
        detail="distributed by nobody",
        remedy=f"name its file, sha256 and source in the inventory's {FILE}",
        needed=True,
    )


def _stored(store: Store) -> Iterator[Row]:
    for stored in store.audit():
        yield Row(
            artifact=stored.path.name,
            source=f"store {store.root}",
            status=Status.OK if stored.intact else Status.CHANGED,
            detail="hashed again" if stored.intact else "damaged: moved aside to rejected/",
            remedy="" if stored.intact else "mesosdeploy artifacts fetch",
        )
