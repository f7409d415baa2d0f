# ruff: noqa: E501 (a sentence is kept in one line, where a search finds it)
"""Every problem of a cluster.yml is told with its place, its value and a remedy, in one run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mesosdeploy.errors import SpecError
from mesosdeploy.spec import InvalidSpecError, Spec, load
from mesosdeploy.spec.source import MAX_BYTES

GOOD = """\
name: demo
provider: {type: local}
groups:
  masters: {count: 3}
  agents: {count: 2}
"""


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "env").mkdir()
    return Path("env")


def written(directory: Path, content: str | bytes) -> Path:
    data = content.encode() if isinstance(content, str) else content
    (directory / "cluster.yml").write_bytes(data)
    return directory


def problems(directory: Path, content: str | bytes) -> list[str]:
    """Return `line:column sentence | remedy` of each problem."""
    with pytest.raises(InvalidSpecError) as caught:
        load(written(directory, content))
    assert caught.value.exit_code == 3
    assert caught.value.problems
    return [f"{p.line}:{p.column} {p.sentence} | {p.remedy}" for p in caught.value.problems]


def test_good_file_loads_with_its_directory(in_directory: Path) -> None:
    spec = load(written(in_directory, GOOD))
    assert isinstance(spec, Spec)
    assert (spec.name, spec.directory, spec.quorum) == ("demo", in_directory, 2)


def test_file_itself_may_be_named(in_directory: Path) -> None:
    written(in_directory, GOOD)
    assert load(in_directory / "cluster.yml").directory == in_directory


def test_rendered_error_has_place_source_caret_and_remedy(in_directory: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(in_directory, GOOD.replace("count: 2", "count: two")))
    assert caught.value.message == (
        'env/cluster.yml:5:19: groups.agents.count: is not a whole number (value "two")\n      agents: {count: two}\n                      ^\n  remedy: write digits only, without a unit and without quotes'
    )
    assert caught.value.hint == "correct the file, then: mesosdeploy validate -i env"


BAD_FILES = {
    "empty": (b"", "0:0 is empty | describe the cluster"),
    "blank": (b" \n\n", "0:0 is empty |"),
    "only a comment": (b"# nothing\n", "0:0 is empty |"),
    "binary": (b"name: a\0b", "0:0 is a binary file (a NUL byte at offset 7) |"),
    "elf": (b"\x7fELF\x02\x01\x01\xfe", "0:0 is not UTF-8 text (byte 0xfe in line 1) |"),
    "latin-1": ("# ok\nname: caf\xe9".encode("latin-1"), "0:0 is not UTF-8 text (byte 0xe9 in li"),
    "control character": (b"name: a\nx: \x07", "2:4 is not YAML: the control character U+0007 is"),
    "10 MB": (b"a: 1\n" * 2_097_152, "0:0 is larger than 256 KiB"),
    "tab": (b"name: a\ngroups:\n\tmasters: {}\n", "3:1 is not YAML: a tab where YAML expects sp"),
    "anchor to nowhere": (b"name: *base\n", '1:7 is not YAML: the alias "*base" has no anchor | w'),
    "two documents": (b"name: a\n---\nname: b\n", "2:1 is not YAML: a second YAML document | keep"),
    "unclosed": (b"name: [a\n", "2:1 is not YAML: "),
    "list": (b"- a\n", "1:1 is not a mapping |"),
    "text": (b"hello\n", '1:1 is not a mapping (value "hello") |'),
    "deep": (b"[" * 600, "0:0 is nested deeper than 50 levels |"),
    "deep but closed": (b"[" * 60 + b"]" * 60, "1:52 is nested deeper than 50 levels |"),
    "merge of itself": (b"x: &x {<<: *x}\n", "1:4 is nested deeper than 50 levels |"),
}


@pytest.mark.parametrize(("content", "expected"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_bad_file_is_one_clear_problem(in_directory: Path, content: bytes, expected: str) -> None:
    found = problems(in_directory, content)
    assert len(found) == 1
    assert found[0].startswith(expected)


ILL_FORMED = {
    "key twice": (
        GOOD + "name: again\n",
        [
            (
                "6:1 name: is given twice, first in line 1 | keep one of the two: YAML would silently use the last"
            )
        ],
    ),
    "key twice below": (
        GOOD.replace("{count: 2}", "{count: 2, count: 3}"),
        [
            (
                "5:22 groups.agents.count: is given twice, first in line 5 | keep one of the two: YAML would silently use the last"
            )
        ],
    ),
    "alias inside its anchor": (
        GOOD.replace("{count: 2}", "&a {count: 2, options: {x: *a}}"),
        [
            (
                "5:11 groups.agents.options.x: contains itself | write the value out: an alias cannot stand inside its own anchor"
            )
        ],
    ),
    "unknown tag": (
        GOOD.replace("demo", "!env NAME"),
        [
            (
                '1:7 name: has the tag "!env", which a spec does not know (value "NAME") | remove the tag, or put the text in quotes'
            )
        ],
    ),
    "wrong tag": (
        GOOD.replace("count: 2", "count: !!int two"),
        [
            (
                '5:19 groups.agents.count: is not what its tag says (int) (value "two") | remove the tag, or put the text in quotes'
            )
        ],
    ),
    "key that is a number": (
        GOOD + "1: x\n",
        ['6:1 has a key that is not text (value "1") | put the key in quotes'],
    ),
    "both kinds in one run": (
        GOOD.replace("count: 3", "count: 4") + "name: again\nversion: {}\n",
        [
            (
                "4:20 groups.masters.count: asks for an even number of masters (value 4) | 4 need 3 and survive the loss of 1; 3 need 2 and survive the loss of 1; 5 need 3 and survive the loss of 2: use 3 or 5"
            ),
            (
                "6:1 name: is given twice, first in line 1 | keep one of the two: YAML would silently use the last"
            ),
            (
                '7:1 version: is not a known key | did you mean "versions"? keys here: name, provider, groups, versions, features'
            ),
        ],
    ),
}


@pytest.mark.parametrize(("content", "expected"), ILL_FORMED.values(), ids=ILL_FORMED.keys())
def test_ill_formed_yaml_is_told_exactly(
    in_directory: Path, content: str, expected: list[str]
) -> None:
    assert problems(in_directory, content) == expected


BOMBS = {
    "aliases": "{0}: &{0} [{1}]",
    "merges": "{0}: &{0} {{{{<<: [{1}]}}}}",
}


@pytest.mark.parametrize("line", BOMBS.values(), ids=BOMBS.keys())
def test_bomb_is_refused_within_a_second(in_directory: Path, line: str) -> None:
    text = "a: &a {k: v}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += line.format(name, ", ".join([f"*{before}"] * 9)).replace("{{", "{") + "\n"
    text = text.replace("}}", "}")
    began = time.process_time()
    found = problems(in_directory, text)
    assert time.process_time() - began < 1
    assert len(found) == 1
    assert "has more than 20000 values, counting each use of an alias | use fewer" in found[0]


def test_size_is_limited_before_anything_is_parsed(in_directory: Path) -> None:
    began = time.process_time()
    assert "larger than" in problems(in_directory, b"[" * (MAX_BYTES + 1))[0]
    assert time.process_time() - began < 0.5


def test_text_ends_after_a_hundred_problems_and_the_data_does_not(in_directory: Path) -> None:
    content = GOOD + "".join(f"x{number}: 1\n" for number in range(150))
    with pytest.raises(InvalidSpecError) as caught:
        load(written(in_directory, content))
    assert len(caught.value.problems) == 150
    assert caught.value.message.startswith("env/cluster.yml: 150 problems\n")
    assert caught.value.message.count("remedy:") == 100
    assert caught.value.message.endswith("\n… and 50 more")


def test_anchor_used_again_is_fine(in_directory: Path) -> None:
    text = "name: demo\nprovider: {type: fake}\ngroups:\n  masters: &m {count: 1}\n  agents: *m\n"
    assert load(written(in_directory, text)).groups["agents"].count == 1


def test_merge_key_gives_what_is_not_given(in_directory: Path) -> None:
    text = GOOD.replace("masters: {count: 3}", "masters: &m {count: 3, cpus: 2}")
    spec = load(written(in_directory, text.replace("{count: 2}", "{<<: *m, count: 2}")))
    assert (spec.groups["agents"].count, spec.groups["agents"].cpus) == (2, 2)


def test_byte_order_mark_is_ignored(in_directory: Path) -> None:
    assert load(written(in_directory, "\ufeff" + GOOD)).name == "demo"


def test_missing_directory_names_what_exists(in_directory: Path) -> None:
    (Path("inventories") / "prod").mkdir(parents=True)
    written(Path("inventories/prod"), GOOD)
    with pytest.raises(InvalidSpecError) as caught:
        load(Path("inventories/prd"))
    assert caught.value.message.startswith(
        'inventories/prd: does not exist\n  remedy: did you mean "inventories/prod"? environments here: inventories/prod; samples'
    )


def test_directory_without_spec_says_what_it_holds(in_directory: Path) -> None:
    (in_directory / "clusters.yaml").touch()
    with pytest.raises(InvalidSpecError) as caught:
        load(in_directory)
    assert caught.value.message == (
        "env: holds no cluster.yml\n  remedy: name the directory of an environment (it holds clusters.yaml), or run: mesosdeploy init NAME"
    )


def test_file_that_cannot_be_read_is_a_spec_error(in_directory: Path) -> None:
    (in_directory / "cluster.yml").mkdir()
    with pytest.raises(SpecError, match="cannot be read: Is a directory"):
        load(in_directory)


def test_problem_as_data_has_all_parts(in_directory: Path) -> None:
    with pytest.raises(InvalidSpecError) as caught:
        load(written(in_directory, GOOD + "naem: x\n"))
    assert [problem.as_dict() for problem in caught.value.problems] == [
        {
            "file": "env/cluster.yml",
            "line": 6,
            "column": 1,
            "path": "naem",
            "message": "is not a known key",
            "value": None,
            "remedy": 'did you mean "name"? keys here: name, provider, groups, versions, features',
        }
    ]


def test_ordinary_file_loads_within_100_ms(in_directory: Path) -> None:
    written(in_directory, GOOD)
    load(in_directory)
    took = []
    for _ in range(5):
        began = time.process_time()
        load(in_directory)
        took.append(time.process_time() - began)
    assert min(took) < 0.1
