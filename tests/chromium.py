"""Debian's Chromium for the browser tests: the build without windows where it is there, since it is far quicker."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Browser, Playwright, expect

# Without the last three Chromium slows the pages that are not in front.
FLAGS = (
    "--no-sandbox",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


def start_chromium(playwright: Playwright) -> Browser:
    """A browser of its own; fails the test where there is no Chromium."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.fail("These tests need Chromium: apt-get install chromium-headless-shell")
    expect.set_options(timeout=60_000)  # a loaded machine takes its time
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
