"""The report as JUnit XML, the form that CI servers read: one suite for each node."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

from mesosdeploy.verify.results import CLUSTER, Outcome, VerifyReport, VerifyResult


def write(report: VerifyReport, path: Path) -> None:
    """Write the report to `path`; its directory is made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(report), encoding="utf-8")


def render(report: VerifyReport) -> str:
    """Return the XML text."""
    root = ET.Element("testsuites", name=f"mesosdeploy verify {report.cluster}")
    root.set("time", f"{report.seconds:.3f}")
    for suite, results in groupby(report.results, key=_suite):
        _add_suite(root, suite, list(results))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(result: VerifyResult) -> str:
    return CLUSTER if result.role == CLUSTER else result.where


def _add_suite(root: ET.Element, name: str, results: list[VerifyResult]) -> None:
    suite = ET.SubElement(root, "testsuite", name=name, tests=str(len(results)))
    for attribute, outcome in (("failures", Outcome.FAILED), ("skipped", Outcome.SKIPPED)):
        suite.set(attribute, str(sum(result.outcome is outcome for result in results)))
    suite.set("time", f"{sum(result.seconds for result in results):.3f}")
    for result in results:
        case = ET.SubElement(
            suite, "testcase", classname=f"{result.role}.{result.where}", name=result.check
        )
        case.set("time", f"{result.seconds:.3f}")
        if result.outcome is Outcome.FAILED:
            first = _printable(result.message).partition("\n")[0]
            failure = ET.SubElement(case, "failure", message=first)
            failure.text = _printable(result.message)
            if result.journal:
                ET.SubElement(case, "system-out").text = _printable(result.journal)
        elif result.outcome is Outcome.SKIPPED:
            ET.SubElement(case, "skipped", message=_printable(result.message))


def _printable(text: str) -> str:
    """Leave out control characters: XML 1.0 allows tab, newline and carriage return only."""
    return "".join(char for char in text if char >= " " or char in "\t\n\r")
