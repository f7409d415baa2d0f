"""Asks a live Prometheus for what the panels show, and looks at the pages with a real browser."""

from __future__ import annotations

import base64
import json
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from mesosdeploy.dashboards.model import Chart, Page, Stat, Table
from mesosdeploy.dashboards.source import pages

SIZES = {"phone": (360, 740), "wall": (1920, 1080)}
"""Width and height of the browser's window in CSS pixels."""

_FILLED = {"$__rate_interval": "1m", "$__range": "1h", "$node": ".*", "$framework": ".*"}
_LOADED_SECONDS = 30
# What has neither a figure nor one of the texts for "nothing" is not ready.
_READY = """
return document.body.dataset.loaded !== undefined
  && [...document.querySelectorAll("article .body")].every((body) => body.childElementCount > 0)
"""
# A canvas is blank when all of its pixels are transparent.
_BLANK = """
return [...document.querySelectorAll("canvas")].filter((canvas) => {
  const { width, height } = canvas;
  if (!width || !height) return true;
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const pixels = copy.getImageData(0, 0, width, height).data;
  return !pixels.some((value, index) => index % 4 === 3 && value > 0);
}).map((canvas) => canvas.getAttribute("aria-label"))
"""
_GROUND = "return getComputedStyle(document.documentElement).backgroundColor"
_TEXTS = "return [...document.querySelectorAll(arguments[0])].map((each) => each.innerText)"

_LINKS = "return [...document.querySelectorAll(arguments[0])].map((a) => [a.innerText, a.href])"


def filled(expression: str) -> str:
    """Return an expression with times put in, and with a filter that takes everything."""
    for name, value in _FILLED.items():
        expression = expression.replace(name, value)
    return expression


def ask(prometheus: str, expression: str) -> list[dict[str, Any]]:
    """Return the series of a panel's expression; urllib.error.HTTPError when it is not valid."""
    query = urllib.parse.urlencode({"query": filled(expression)})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query?{query}", timeout=20) as answer:
        return list(json.load(answer)["data"]["result"])


def panels_without_data(prometheus: str) -> list[str]:
    """Ask everything that the pages ask; return what is without data and must have some."""
    return [
        f"{page.name}: {panel.title}: {query.expr}"
        for page, panel in panels()
        for query in panel.queries
        if not (ask(prometheus, query.expr) or query.optional or panel.empty)
    ]


def panels() -> Iterator[tuple[Page, Stat | Chart | Table]]:
    """Return every panel with its page."""
    for page in pages():
        for panel in page.panels:
            yield page, panel


class Browser:
    """Debian's Chromium without a screen, in a window of one size."""

    def __init__(self, *, size: str = "wall", dark: bool = False) -> None:
        self.name = f"{size}-{'dark' if dark else 'light'}"
        self._size, self.dark = SIZES[size], dark
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self._driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        self._resize(self._size[1])
        self._command(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._driver.quit()

    def open(self, url: str) -> None:
        """Open a page and wait until each of its panels shows something."""
        self._driver.get(url)
        self.until(_READY, f"{url} has filled its panels")

    def until(self, condition: str, what: str, *arguments: object) -> None:
        """Wait until a script returns true; AssertionError with `what` when it does not in time."""
        deadline = time.monotonic() + _LOADED_SECONDS
        while not self.run(condition, *arguments):
            assert time.monotonic() < deadline, f"not within {_LOADED_SECONDS} s: {what}"
            time.sleep(0.1)

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page and return its result."""
        return self._driver.execute_script(script, *arguments)  # type: ignore[no-untyped-call]

    def texts(self, selector: str) -> list[str]:
        """Return the visible texts of the elements."""
        return list(self.run(_TEXTS, selector))

    def links(self, selector: str) -> dict[str, str]:
        """Return the addresses of links by their texts."""
        pairs = self.run(_LINKS, selector)
        return {str(text): str(address) for text, address in pairs}

    def errors(self) -> list[str]:
        """Return what the browser's console got since the last call, warnings too."""
        entries = self._driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [str(entry["message"]) for entry in entries]

    def blank_charts(self) -> list[str]:
        """Return the titles of charts on which nothing is drawn."""
        return list(self.run(_BLANK))

    def charts(self) -> int:
        """Return how many charts are drawn."""
        return int(self.run("return document.querySelectorAll('canvas').length"))

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return int(
            self.run(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def ground(self) -> tuple[int, ...]:
        """Return the color of the page's ground: red, green and blue of 0 to 255."""
        parts = str(self.run(_GROUND)).strip("rgb()").split(",")
        return tuple(int(part) for part in parts)

    def keep(self, directory: Path, title: str) -> Path:
        """Write a picture of the whole page and return its path."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{title}-{self.name}.png"
        height = int(self.run("return document.documentElement.scrollHeight"))
        self._resize(max(height, self._size[1]))
        self.until("return innerHeight >= arguments[0]", "the window has grown", height)
        self.until(f"return (() => {{ {_BLANK} }})().length === 0", "the charts are drawn again")
        path.write_bytes(base64.b64decode(self._command("Page.captureScreenshot", {})["data"]))
        self._resize(self._size[1])
        return path

    def _resize(self, height: int) -> None:
        metrics = {"width": self._size[0], "height": height, "deviceScaleFactor": 1}
        mobile = {"mobile": self._size == SIZES["phone"]}
        self._command("Emulation.setDeviceMetricsOverride", {**metrics, **mobile})

    def _command(self, name: str, arguments: dict[str, Any]) -> Any:
        return self._driver.execute_cdp_cmd(name, arguments)  # type: ignore[no-untyped-call]
