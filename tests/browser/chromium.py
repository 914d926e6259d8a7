# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium, told what to do in its own protocol (https://chromedevtools.github.io/devtools-protocol/) over a pipe."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--disable-dev-shm-usage",
)  # fmt: skip
SECONDS = 60
_DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
"""Milliseconds until the page has been drawn once."""


class Chromium:
    """A browser with one tab.

    Of the last page: ``requests`` are the addresses that it has asked for, ``complaints`` what is on the console, and ``seconds``
    how long it took from its first byte until it was drawn, None without script.
    """

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="meshwork-chromium-", ignore_cleanup_errors=True)
        theirs, self._to = os.pipe()
        self._from, their_end = os.pipe()
        # The browser reads from descriptor 3 and writes to 4.
        script = f'exec timeout {5 * SECONDS} chromium "$@" 3<&{theirs} 4>&{their_end}'
        command = ["bash", "-c", script, "chromium", *OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(
            command, pass_fds=(theirs, their_end), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        os.close(their_end)
        self._rest, self._number, self._session = b"", 0, None
        self._requests: dict[str, str] = {}
        self.complaints: list[str] = []
        self.seconds: float | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    @property
    def requests(self) -> list[str]:
        """The addresses, without those that the page's policy has blocked."""
        return [*self._requests.values()]

    def close(self) -> None:
        """End the browser."""
        os.close(self._to)
        self._process.terminate()
        self._process.wait(SECONDS)
        os.close(self._from)
        self._profile.cleanup()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method, and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, path: Path, width: int = 1280, height: int = 900, dark: bool = False, script: bool = True) -> None:
        """Show a file, and wait until it is drawn."""
        self._requests, self.complaints = {}, []
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.call("Page.navigate", url=path.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass
        self.seconds = self.value(_DRAWN) / 1000 if script else None

    def value(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON."""
        done = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def picture(self, path: Path) -> None:
        """Save a screenshot as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._from, 1 << 20)
            assert part, "Chromium has ended"
            self._rest += part
        text, _zero, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        told = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self._requests[told["requestId"]] = told["request"]["url"]
        elif message.get("method") == "Network.loadingFailed" and told.get("blockedReason") == "csp":
            del self._requests[told["requestId"]]
        elif message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"]["text"])
        elif message.get("method") == "Runtime.consoleAPICalled":
            self.complaints.append(str(told["args"]))
        elif message.get("method") == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])
        return message
