"""Documents that the report tests render."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit.resources import resource

from .sample_document import sample_document, sample_evidence


@pytest.fixture
def document() -> dict[str, Any]:
    """A fresh sample document that the test may change."""
    return sample_document()


@pytest.fixture
def evidence() -> list[dict[str, Any]]:
    """Evidence rows of the sample document's failed rule."""
    return sample_evidence()


@pytest.fixture(scope="session")
def validator() -> Draft202012Validator:
    """A validator of the published schema, itself checked."""
    schema = json.loads(resource("reports", "result.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium of the system, driven by Playwright; tests that need it are skipped where either lacks."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra 'browser'")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """A function that opens a report from disk; the page's `asked` and `faults` list what it asked for and said."""
    contexts = []

    def opened(page: str, **settings: Any) -> Any:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(page, encoding="utf-8")
        contexts.append(chromium.new_context(**settings))
        tab = contexts[-1].new_page()
        tab.asked, tab.faults = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("console", lambda message: tab.faults.append(message.text))
        tab.on("pageerror", lambda fault: tab.faults.append(str(fault)))
        tab.goto(file.as_uri())
        if settings.get("java_script_enabled", True):
            tab.wait_for_selector("#explorer-notice", state="detached")
        return tab

    yield opened
    for context in contexts:
        context.close()
