"""The generator of the compat library: from a list of imports to sources."""

from __future__ import annotations

from mesosdeploy.lab.compat import generate, parse_imports

_OBJDUMP = """\
0000000000000000      DF *UND*\t0000000000000000 (GLIBC_2.2.5) lchown
0000000000000000      DF *UND*\t0000000000000000 (OPENSSL_1.0.0) SSL_new
0000000000000000      DF *UND*\t0000000000000000 (OPENSSL_1.0.0) HMAC
0000000000000000      DF *UND*\t0000000000000000 (OPENSSL_1.0.2) SSL_is_server
0000000000000000      DF *UND*\t0000000000000000 (CURL_OPENSSL_3) curl_easy_perform
0000000000000000      D  *UND*\t0000000000000000              PyExc_TypeError
0000000000000000      D  *UND*\t0000000000000000              PyErr_Print
0000000000000000      DF *UND*\t0000000000000000              deflate
000000000419f9d4 g    DO .rodata\t0000000000000002  Base        _ZN7process4http6Status5FOUNDE
"""


def test_imports_are_grouped_by_version_and_sorted() -> None:
    assert parse_imports(_OBJDUMP) == {
        "": ("PyErr_Print", "PyExc_TypeError", "deflate"),
        "CURL_OPENSSL_3": ("curl_easy_perform",),
        "GLIBC_2.2.5": ("lchown",),
        "OPENSSL_1.0.0": ("HMAC", "SSL_new"),
        "OPENSSL_1.0.2": ("SSL_is_server",),
    }


def test_version_nodes_inherit_in_order_and_carry_what_is_missing_only() -> None:
    script = generate(parse_imports(_OBJDUMP)).version_script
    assert script.splitlines() == [
        "OPENSSL_1.0.0 { global: HMAC; SSL_new; PyErr_Print; PyExc_TypeError; local: *; };",
        "OPENSSL_1.0.2 { global: SSL_is_server; } OPENSSL_1.0.0;",
        "CURL_OPENSSL_3 { global: curl_easy_perform; } OPENSSL_1.0.2;",
    ]


def test_curl_and_unchanged_crypto_are_forwarded_and_the_rest_aborts() -> None:
    source = generate(parse_imports(_OBJDUMP)).source
    assert '{"HMAC", crypto_files},\n  {"curl_easy_perform", curl_files}' in source
    assert 'void SSL_new(void) { missing("SSL_new"); }' in source
    assert "char PyExc_TypeError[512];" in source
    assert "void HMAC(void)" not in source
    assert "deflate" not in source
    assert "lchown" not in source


def test_curl_is_looked_for_by_absolute_path() -> None:
    """A bare name would find the compat library, which has that name."""
    source = generate(parse_imports(_OBJDUMP)).source
    line = next(line for line in source.splitlines() if "curl_files[] =" in line)
    assert '"libcurl' not in line
    assert '"/usr/lib/' in line


def test_library_without_missing_imports_gives_an_empty_table() -> None:
    shim = generate({"GLIBC_2.2.5": ("lchown",)})
    assert shim.version_script == "\n"
    assert "forward_targets[1]" in shim.source
