"""Label selectors of GET /v2/apps?label=: `a`, `a==b`, `a!=b`, `a in (b, c)`, `a notin (b)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mesosdeploy.services.marathon.api.errors import RequestError

Selector = Callable[[Mapping[str, str]], bool]

# Possessive: "main (x)" is no "ma in (x)".
_TERM = r"(?:\\.|[-A-Za-z0-9_.])++"
_SELECTOR = re.compile(
    rf"\s*(?P<label>{_TERM})\s*"
    rf"(?:(?P<equality>==|!=)\s*(?P<value>{_TERM})"
    rf"|(?P<membership>in|notin)\s*\(\s*(?P<values>(?:{_TERM}\s*(?:,\s*{_TERM}\s*)*)?)\))?"
    r"\s*(?:,|$)"
)


def label_selector(query: str) -> Selector:
    """Return a test for an app's labels; 422 when the query is not understood.

    All selectors have to hold, and each wants its label to exist, the negative ones too.
    """
    parts: list[Selector] = []
    position = 0
    while position < len(query):
        found = _SELECTOR.match(query, position)
        if found is None:
            message = f"Can not parse label selector {query}. Reason: at {query[position:]!r}"
            raise RequestError(422, message)
        parts.append(_selector(found))
        position = found.end()
    return lambda labels: all(part(labels) for part in parts)


def _selector(found: re.Match[str]) -> Selector:
    label = _plain(found["label"])
    operator = found["equality"] or found["membership"]
    if operator is None:
        return lambda labels: label in labels
    terms = re.findall(_TERM, found["value"] or found["values"] or "")
    values = {_plain(term) for term in terms}
    wanted = operator in {"==", "in"}
    return lambda labels: label in labels and (labels[label] in values) is wanted


def _plain(term: str) -> str:
    return re.sub(r"\\(.)", r"\1", term)
