"""Our declarations of the Java Native Interface against the header of a JDK."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mesosdeploy import lab
from tests.lab.jvm import has_jdk, java_home

_DECLARATIONS = Path(lab.__file__).parent / "src/abi/jni.h"
_TABLES = {"Function": "JNINativeInterface_", "MachineFunction": "JNIInvokeInterface_"}


@pytest.mark.skipif(not has_jdk(), reason="the header belongs to a JDK")
@pytest.mark.parametrize("enumeration", _TABLES)
def test_functions_are_where_the_interface_has_them(tmp_path: Path, enumeration: str) -> None:
    declared = _DECLARATIONS.read_text(encoding="utf-8")
    body = re.search(rf"enum {enumeration} : int {{(.*?)}}", declared, re.DOTALL)
    assert body is not None
    indices = re.findall(r"(\w+) = (\d+)", body[1])
    assert len(indices) >= 3
    table = _TABLES[enumeration]
    claims = [
        f'_Static_assert(offsetof(struct {table}, {name}) == {index} * sizeof(void *), "{name}");'
        for name, index in indices
    ]
    source = tmp_path / "claims.c"
    source.write_text("\n".join(["#include <stddef.h>", "#include <jni.h>", *claims]))
    include = java_home() / "include"
    command = ["gcc", "-fsyntax-only", f"-I{include}", f"-I{include / 'linux'}", source]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
