from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import gradwire as gw
from fake import Fake

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 300


@pytest.fixture
def fake() -> Iterator[Fake]:
    """A service without numerics, and a client of it in use."""
    service = Fake()
    with gw.Client(service.target, timeout=20):
        yield service
    service.stop()


@pytest.fixture(scope="session")
def server_target() -> Iterator[str]:
    """Address of a real server: GRADWIRE_TEST_TARGET, or one started for the tests."""
    given = os.environ.get("GRADWIRE_TEST_TARGET")
    if given:
        yield given
        return
    launcher = os.environ.get("GRADWIRE", str(ROOT / "gradwire"))
    process = subprocess.Popen(
        [launcher, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    found: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            match = re.search(r"serving on (\S+:\d+)", line)
            if match and not found:
                found.append(match.group(1))
                ready.set()
        ready.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        if not ready.wait(START_SECONDS) or not found:
            pytest.fail("the server did not start:\n" + "".join(lines[-20:]))
        yield found[0]
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def server(server_target: str) -> Iterator[gw.Client]:
    """A client of the real server, in use."""
    with gw.Client(server_target, timeout=60) as client:
        yield client
