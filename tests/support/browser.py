"""Headless Chromium without a network, driven over its DevTools pipe."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from contextlib import contextmanager

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
SECONDS = 60  # for a browser that hangs

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-dev-shm-usage", "--disable-extensions", "--no-first-run", "--hide-scrollbars"),
    *("--disable-component-update", "--disable-sync", "--remote-debugging-pipe"),
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no name leads anywhere
)


class Page:
    """One page of a browser; `said` are the errors and warnings that it reported."""

    def __init__(self, write, read):
        self.write, self.read = write, read
        self.count, self.buffer, self.said, self.requests, self.session = 0, b"", [], [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """The result of a DevTools command."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def receive(self):
        """The next message; events are noted on the way."""
        while b"\0" not in self.buffer:
            part = os.read(self.read, 1 << 20)
            assert part, "the browser has ended"
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(text)
        name, about = message.get("method"), message.get("params", {})
        if name == "Runtime.exceptionThrown":
            self.said.append(str(about["exceptionDetails"]))
        elif name == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.said.append(str(about["args"]))
        elif name == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.said.append(str(about["entry"]))
        elif name == "Page.javascriptDialogOpening":
            self.said.append(f"dialog: {about['message']}")
        elif name == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])
        return message

    def open(self, path, width=1280, height=900):
        """Loads a file in a window of this size."""
        phone = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.call("Page.navigate", url=f"file://{path}")
        self.wait("document.readyState === 'complete'")

    def evaluate(self, code):
        """The value of an expression in the page, awaited."""
        found = self.call(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, code):
        """Waits until an expression is true."""
        end = time.monotonic() + SECONDS
        while not self.evaluate(code):
            assert time.monotonic() < end, f"{code} never came true"
            time.sleep(0.05)

    def screenshot(self, whole=False):
        """The window, or the whole page, as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])


@contextmanager
def browse(profile):
    """A page of a new browser, whose files are in the folder `profile`."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out)]
    os.close(theirs_in)
    os.close(theirs_out)
    line = f'exec "$0" "$@" 3<&{high[0]} 4>&{high[1]}'  # DevTools reads from 3 and writes to 4
    process = subprocess.Popen(
        ["bash", "-c", line, CHROMIUM, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=high,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for fd in high:
        os.close(fd)
    try:
        yield Page(ours_out, ours_in)
    finally:
        process.kill()
        process.wait()
        os.close(ours_out)
        os.close(ours_in)
