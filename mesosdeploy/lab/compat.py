"""The compat library: what the Mesos library imports and a current distribution no longer has.

The upload was linked against OpenSSL 1.0, a curl with its own symbol version, and a Python
interpreter. From the library's imports this module derives one C source and one linker version
script; the result stands in for all three. Everything here is text in, text out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Template

LIBRARY = "libmesos-compat.so"
# The names under which the Mesos library asks for the compat library; one file answers to all.
ALIASES = ("libcrypto.so.1.0.0", "libcurl.so.4", "libssl.so.1.0.0")

# Version nodes in the order of inheritance.
_NODES = ("OPENSSL_1.0.0", "OPENSSL_1.0.1", "OPENSSL_1.0.2", "CURL_OPENSSL_3")
_CURL_NODE = "CURL_OPENSSL_3"
# Functions of libcrypto whose signature has not changed since 1.0; the JWT code calls them.
_CRYPTO_FORWARDS = frozenset({"EVP_sha1", "EVP_sha256", "HMAC", "SHA256"})
# Objects, not functions, of the Python interpreter. Nothing outside of the bindings reads them.
_PYTHON_DATA = re.compile(r"PyExc_\w+|_Py_NoneStruct|PyType_Type")
_PYTHON_DATA_BYTES = 512

# Absolute paths: a bare libcurl.so.4 would find the compat library itself.
_CURL_FILES = (
    "/usr/lib/x86_64-linux-gnu/libcurl.so.4",
    "/usr/lib/x86_64-linux-gnu/libcurl-gnutls.so.4",
)
_CRYPTO_FILES = ("libcrypto.so.3",)

_IMPORT_LINE = re.compile(r"\*UND\*\s+[0-9a-f]+\s+(?:\((?P<version>[^)]+)\)\s+)?(?P<name>\S+)$")


@dataclass(frozen=True, kw_only=True)
class Shim:
    """Sources of the compat library: a C file and the version script to link it with."""

    source: str
    version_script: str


def parse_imports(objdump: str) -> dict[str, tuple[str, ...]]:
    """Read the undefined symbols from `objdump -T`: version node ("" if none) to sorted names."""
    imports: dict[str, set[str]] = defaultdict(set)
    for line in objdump.splitlines():
        if match := _IMPORT_LINE.search(line):
            imports[match["version"] or ""].add(match["name"])
    return {version: tuple(sorted(names)) for version, names in sorted(imports.items())}


def generate(imports: Mapping[str, Iterable[str]]) -> Shim:
    """Derive the compat library from the imports that `parse_imports` read."""
    nodes = {node: sorted(imports[node]) for node in _NODES if node in imports}
    python = sorted(name for name in imports.get("", ()) if name.startswith(("Py", "_Py")))
    forwards = [
        (name, "curl" if node == _CURL_NODE else "crypto")
        for node, names in nodes.items()
        for name in names
        if node == _CURL_NODE or name in _CRYPTO_FORWARDS
    ]
    forwarded = {name for name, _ in forwards}
    everything = [name for names in nodes.values() for name in names] + python
    stubs = [name for name in everything if name not in forwarded]
    return Shim(
        source=_source(stubs, forwards),
        version_script=_version_script(nodes, python),
    )


def _source(stubs: Iterable[str], forwards: list[tuple[str, str]]) -> str:
    parts = [
        _PROLOGUE.substitute(
            curl_files=_c_strings(_CURL_FILES), crypto_files=_c_strings(_CRYPTO_FILES)
        )
    ]
    for name in stubs:
        if _PYTHON_DATA.fullmatch(name):
            parts.append(f"char {name}[{_PYTHON_DATA_BYTES}];")
        else:
            parts.append(f'void {name}(void) {{ missing("{name}"); }}')
    table = ",\n".join(f'  {{"{name}", {library}_files}}' for name, library in forwards)
    parts.append(_RESOLVER.substitute(count=max(1, len(forwards)), table=table or "  {0, 0}"))
    parts += [
        _TRAMPOLINE.substitute(name=name, index=index, offset=8 * index)
        for index, (name, _) in enumerate(forwards)
    ]
    return "\n".join(parts) + "\n"


def _version_script(nodes: Mapping[str, list[str]], python: list[str]) -> str:
    """Write one version node per line; each inherits the one before, Python goes to the first."""
    lines = []
    parent = ""
    for index, (node, names) in enumerate(nodes.items()):
        exported = " ".join(f"{name};" for name in [*names, *(python if index == 0 else [])])
        local = " local: *;" if index == 0 else ""
        lines.append(f"{node} {{ global: {exported}{local} }}{parent};")
        parent = f" {node}"
    return "\n".join(lines) + "\n"


def _c_strings(values: Iterable[str]) -> str:
    return ", ".join([*(f'"{value}"' for value in values), "0"])


_PROLOGUE = Template("""\
/* Stands in for the libraries that this build of Mesos was linked against. Generated. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static const char* const curl_files[] = {$curl_files};
static const char* const crypto_files[] = {$crypto_files};

static __attribute__((noreturn, noinline)) void missing(const char* name) {
  fprintf(stderr, "mesos: %s is not available in the lab package of Mesos\\n", name);
  abort();
}
""")

_RESOLVER = Template("""\

struct forward { const char* name; const char* const* files; };
static const struct forward forwards[] = {
$table
};
__attribute__((visibility("hidden"))) void* forward_targets[$count];

/* Finds the real function the first time that it is called. */
__attribute__((visibility("hidden"))) void* resolve_forward(int index) {
  const struct forward* forward = &forwards[index];
  void* library = 0;
  for (const char* const* file = forward->files; *file && !library; ++file)
    library = dlopen(*file, RTLD_NOW | RTLD_LOCAL);
  void* target = library ? dlsym(library, forward->name) : 0;
  if (!target) missing(forward->name);
  forward_targets[index] = target;
  return target;
}
""")

# Jumps to the real function with every argument register as it came in (curl_easy_setopt is
# variadic). The six pushes and the 8 bytes keep the stack aligned to 16 for the call.
_TRAMPOLINE = Template("""\
__asm__(".text\\n.globl $name\\n.type $name,@function\\n$name:\\n"
        " mov forward_targets+$offset(%rip),%rax\\n test %rax,%rax\\n jne 1f\\n"
        " push %rdi\\n push %rsi\\n push %rdx\\n push %rcx\\n push %r8\\n push %r9\\n"
        " sub $$8,%rsp\\n mov $$$index,%edi\\n call resolve_forward\\n add $$8,%rsp\\n"
        " pop %r9\\n pop %r8\\n pop %rcx\\n pop %rdx\\n pop %rsi\\n pop %rdi\\n"
        "1: mov %rax,%r11\\n xor %eax,%eax\\n jmp *%r11\\n.size $name,.-$name\\n");""")
