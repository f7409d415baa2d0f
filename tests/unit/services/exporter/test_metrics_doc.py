from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType


def _load() -> ModuleType:
    path = Path(__file__).with_name("metrics_doc.py")
    spec = importlib.util.spec_from_file_location("metrics_doc", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_metric_is_documented() -> None:
    doc = _load()
    text = doc.DOC.read_text(encoding="utf-8")
    assert text.count("| `mesos_master_") > 150
    assert text == doc.current(), "run `python tests/unit/services/exporter/metrics_doc.py`"
