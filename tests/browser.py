"""A headless Chromium, driven through the WebDriver protocol of chromedriver."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = [name for name, found in (("chromium", CHROMIUM), ("chromedriver", DRIVER)) if found is None]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ENTER, ESCAPE = "\ue007", "\ue00c"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One session of a browser."""

    def __init__(self, driver: str, profile: Path) -> None:
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self._root = driver
        started = self._post("/session", {"capabilities": {"alwaysMatch": wanted}})
        self._root = f"{driver}/session/{started['sessionId']}"

    def open(self, page: Path, fragment: str = "") -> None:
        """Open a file."""
        self._post("/url", {"url": "about:blank"})
        self._post("/url", {"url": page.as_uri() + fragment})

    def script(self, body: str, *arguments: Any) -> Any:
        """Return what the body of a function returns in the page."""
        return self._post("/execute/sync", {"script": body, "args": list(arguments)})

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements that are rendered, in their order."""
        find = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())"
        return self.script(f"{find}.map(e => e.textContent.trim())", selector)

    def click(self, selector: str) -> None:
        """Click the first element of a selector, as a user does."""
        self._post(f"/element/{self._find(selector)}/click", {})

    def press(self, selector: str, keys: str) -> None:
        """Type keys into the first element of a selector."""
        self._post(f"/element/{self._find(selector)}/value", {"text": keys})

    def command(self, name: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol."""
        return self._post("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def console(self) -> list[str]:
        """Return what the page wrote to the console since it was asked last."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def close(self) -> None:
        """End the session."""
        DIRECT.open(urllib.request.Request(self._root, method="DELETE"), timeout=30).close()

    def _find(self, selector: str) -> str:
        return self._post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self._root + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)["value"]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it."""
    assert DRIVER is not None
    with subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True) as driver:
        try:
            assert driver.stdout is not None
            ports = (re.search(r"successfully on port (\d+)", line) for line in driver.stdout)
            port = next(found[1] for found in ports if found)
            session = Browser(f"http://127.0.0.1:{port}", profile)
            try:
                yield session
            finally:
                session.close()
        finally:
            driver.terminate()
