"""Size of the report and time to open it in headless Chromium, with evidence of pairs in Zipf's words.

    pip install -e '.[browser]'
    python benchmarks/opening.py --pairs 3000 --result audit-out/result.json

The result gives the sections; the pairs are made here, with 60 % of the words of the two sides in common. Prints
raw text, file, rows in it and where their texts are cut, time to make the page, until it is loaded, until the explorer
shows rows, and of one filter.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from audit.report.html import render_html

WORDS = (Path(__file__).parent / "words.txt").read_text("utf-8").split()
WEIGHTS = [1 / (rank + 1) for rank in range(len(WORDS))]


def pairs(count: int, length: int) -> list[dict[str, Any]]:
    """Return evidence rows of about `length` characters a text."""
    source = random.Random(7)
    rows: list[dict[str, Any]] = []
    for index in range(count):
        prompt, chosen = (source.choices(WORDS, WEIGHTS, k=length // 6) for _ in range(2))
        rejected = [word if source.random() < 0.6 else source.choices(WORDS, WEIGHTS)[0] for word in chosen]
        texts = {"prompt": " ".join(prompt[:40]), "response_a": " ".join(chosen), "response_b": " ".join(rejected)}
        rows.append(
            {
                "rules": [f"STY-{index % 60:03d}"],
                "slices": [f"locale=l{index % 8}"],
                "annotators": [f"r{index % 40}"],
                "file": "made.jsonl",
                "row": index + 1,
                "part": 0,
                "digest": f"{source.getrandbits(128):032x}",
                "label": "a",
                **texts,
            }
        )
    return rows


def measured(page: str, repeat: int) -> tuple[float, float, float]:
    """Return medians in milliseconds: until loaded, until rows show, of one filter."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        file = Path(folder) / "report.html"
        file.write_text(page, "utf-8")
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        times = []
        for _ in range(repeat):
            tab = browser.new_page()
            tab.add_init_script(
                "addEventListener('DOMContentLoaded', () => new MutationObserver((_, seen) => {"
                "if (document.querySelector('.pair')) { window.shown = performance.now(); seen.disconnect(); }"
                "}).observe(document.getElementById('explorer'), {childList: true, subtree: true}))"
            )
            tab.goto(file.as_uri())
            tab.wait_for_selector(".pair")
            times.append(
                tab.evaluate(
                    "() => { const start = performance.now(), rule = document.getElementById('explorer-rule');"
                    "rule.selectedIndex = 7; rule.dispatchEvent(new Event('change')); document.body.offsetHeight;"
                    "return [performance.getEntriesByType('navigation')[0].loadEventEnd, window.shown,"
                    "performance.now() - start]; }"
                )
            )
            tab.close()
        browser.close()
    load, shown, filtered = (statistics.median(column) for column in zip(*times, strict=True))
    return load, shown, filtered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--result", required=True, help="a result.json whose sections are drawn")
    parser.add_argument("--pairs", type=int, nargs="+", default=[3000], help="rows of evidence")
    parser.add_argument("--length", type=int, default=1000, help="characters a response")
    parser.add_argument("--repeat", type=int, default=7, help="times that each page is opened")
    arguments = parser.parse_args()
    document = json.loads(Path(arguments.result).read_text("utf-8"))
    print("| pairs | raw text | file | rows in it | cut at | made | loaded | rows shown | one filter |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count in arguments.pairs:
        rows = pairs(count, arguments.length)
        raw = sum(len(row[name]) for row in rows for name in ("prompt", "response_a", "response_b")) / 1e6
        start = time.perf_counter()
        page = render_html(document, rows, generated_at="now")
        made = 1000 * (time.perf_counter() - start)
        held = re.search(r"([\d,]+) rows behind the findings, each text cut at ([\d,]+)", page)
        embedded, cut = held.groups() if held else ("0", "-")
        times = " | ".join(f"{value:.0f} ms" for value in (made, *measured(page, arguments.repeat)))
        print(f"| {count:,} | {raw:.1f} MB | {len(page.encode()) / 1e6:.2f} MB | {embedded} | {cut} | {times} |")


if __name__ == "__main__":
    main()
