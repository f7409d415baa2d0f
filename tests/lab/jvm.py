"""Frameworks on the JVM for the tests: their classes, and a running one to talk to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from tests.lab.processes import HOST

_SOURCES: Final = Path(__file__).parent / "java"
_JAR: Final = "mesos-1.4.3-shaded-protobuf.jar"
_DEADLINE_SECONDS: Final = 30.0
# Compiling takes longer than it could save in programs that live for seconds.
_QUICK: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8")
# All of the heap at once: then only what is outside of it can grow. What the machine itself says
# goes where the library's log goes, lest it cuts a line of the program in two.
_OBSERVED: Final = (
    *("-Xcheck:jni", "-XX:+DisplayVMOutputToStderr"),
    *("-Xms48m", "-Xmx48m", "-XX:+AlwaysPreTouch"),
)


def has_jdk() -> bool:
    return shutil.which("javac") is not None


def java_home() -> Path:
    """Return the directory of the JDK."""
    compiler = shutil.which("javac")
    assert compiler is not None
    return Path(compiler).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Classes:
    """Class paths: of our programs with the jar alone, and with a later driver class before it."""

    plain: str
    newer: str

    @classmethod
    def compile(cls, pyspark: Path, directory: Path) -> Self:
        """Compile the sources against the Java classes of Mesos that PySpark brings along."""
        jar, programs, newer = directory / _JAR, directory / "programs", directory / "newer"
        _extract(pyspark, jar)
        _javac(sorted(_SOURCES.glob("*.java")), programs, jar)
        _javac(sorted((_SOURCES / "newer").rglob("*.java")), newer, jar)
        plain = f"{programs}:{jar}"
        return cls(plain=plain, newer=f"{newer}:{plain}")


def _extract(archive: Path, jar: Path) -> None:
    with tarfile.open(archive) as tar:
        member = next(m for m in tar if Path(m.name).name == _JAR)
        content = tar.extractfile(member)
        assert content is not None
        with jar.open("wb") as file:
            shutil.copyfileobj(content, file)
    jar.chmod(0o644)


def _javac(sources: Sequence[Path], target: Path, jar: Path) -> None:
    assert sources
    command = ["javac", "-encoding", "UTF-8", "-nowarn", "-d", target, "-cp", jar, *sources]
    subprocess.run(command, check=True, capture_output=True)


def java(root: Path, class_path: str, *options: str) -> list[str]:
    """Return the beginning of a command that finds libmesos by the name that Java gives it."""
    library = f"-Djava.library.path={root / 'usr/lib'}"
    return ["java", *_QUICK, library, *options, "-cp", class_path]


class JavaFramework:
    """The program `Framework` of java/ in a virtual machine that checks how JNI is used."""

    def __init__(
        self,
        command: Sequence[str],
        master: str,
        properties: Mapping[str, str] = {},
    ) -> None:
        definitions = [f"-D{name}={value}" for name, value in properties.items()]
        start, class_path = command[:-2], command[-2:]
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [*start, *_OBSERVED, *definitions, *class_path, "Framework", master],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "LIBPROCESS_IP": HOST, "LC_ALL": "C.UTF-8"},
        )
        self._readers = [
            threading.Thread(target=self._read, args=[pipe], daemon=True)
            for pipe in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()
        self.version = self.expect("version (.*)")[1]

    @property
    def output(self) -> str:
        with self._changed:
            return "\n".join(self._lines)

    @property
    def complaints(self) -> list[str]:
        """What -Xcheck:jni had to say."""
        mark = re.compile(r"WARNING in native|WARNING: JNI|FATAL ERROR in native")
        return [line for line in self.output.splitlines() if mark.search(line)]

    def mark(self) -> int:
        """Return where the output is now, for `expect` to begin there."""
        with self._changed:
            return len(self._lines)

    def do(self, command: str, seconds: float = _DEADLINE_SECONDS) -> str:
        """Give a command and wait for its result."""
        begin = self.mark()
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        name = re.escape(command.split(" ", maxsplit=1)[0])
        done = self.expect(f"(done {name}|raised) (.*)", since=begin, seconds=seconds)
        return done[2] if done[1].startswith("done") else done[0]

    def expect(
        self, pattern: str, *, since: int = 0, seconds: float = _DEADLINE_SECONDS
    ) -> re.Match[str]:
        """Wait for a line that is all of the pattern."""
        expression = re.compile(pattern)
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                for line in self._lines[since:]:
                    if found := expression.fullmatch(line):
                        return found
                remaining = deadline - time.monotonic()
                tail = "\n".join(self._lines[-40:])
                assert remaining > 0, f"waited {seconds} s for {pattern!r}; the last lines:\n{tail}"
                self._changed.wait(remaining)

    def is_silent_about(self, pattern: str, *, seconds: float) -> bool:
        """Tell whether no such line comes for a while."""
        begin = self.mark()
        try:
            self.expect(pattern, since=begin, seconds=seconds)
        except AssertionError:
            return True
        return False

    def states(self, task: str) -> list[str]:
        """Return the states of a task so far, with their sources."""
        pattern = re.compile(rf"update {re.escape(task)} (\w+ \w+) .*")
        return [found[1] for line in self.output.splitlines() if (found := pattern.match(line))]

    def end(self, last: str = "") -> int:
        """Close the program's input, or give it a last command; the exit status."""
        assert self.process.stdin is not None
        if last:
            self.process.stdin.write(f"{last}\n")
        self.process.stdin.close()
        status = self.process.wait(_DEADLINE_SECONDS)
        self._release()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait(_DEADLINE_SECONDS)
            self._release()

    def _release(self) -> None:
        for reader in self._readers:
            reader.join(_DEADLINE_SECONDS)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _read(self, pipe: IO[str]) -> None:
        for line in pipe:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
