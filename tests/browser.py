"""A real browser, where one is installed."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Page(HTMLParser):
    """Tags, attributes, links and the visible text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.links: list[tuple[str, str]] = []
        """Text and address of each link."""
        self.text = ""
        self._hidden = 0
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "a":
            self.links.append(("", dict(attrs).get("href") or ""))
        self._hidden += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "script")
        if tag == "a" and self.links:
            self.links.append(("", ""))

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text += data
        if self.links and self.links[-1][1]:
            text, address = self.links[-1]
            self.links[-1] = (text + data, address)

    def link(self, text: str, address: str = "") -> str:
        """The address of the first link with this text whose address holds `address`."""
        return next(found for said, found in self.links if text in said and address in found)


def browser() -> str:
    """The browser's program; skips the test where there is none."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser is installed ({', '.join(BROWSERS)}): the page was not drawn")
    return found


def browse(profile: Path, address: str, *settings: str) -> subprocess.CompletedProcess[str]:
    """Open a page in a headless browser with settings of its own."""
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={profile}"]
    return subprocess.run([*command, *settings, address], capture_output=True, text=True, timeout=120, check=False)


def seen(profile: Path, address: str) -> Page:
    """The page as it stands once its scripts have run."""
    drawn = browse(profile, address, "--dump-dom", "--virtual-time-budget=30000", "--window-size=1600,2400")
    assert drawn.returncode == 0, drawn.stderr
    return Page(drawn.stdout)
