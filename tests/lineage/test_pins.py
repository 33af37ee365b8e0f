"""What fixes a checkpoint, what only names one, and which family a name belongs to."""

from __future__ import annotations

import pytest

from audit.lineage.pins import family, is_pinned_name, is_pinned_version, looks_like_model


@pytest.mark.parametrize(
    "version", ["sha256:33deb95fe22c15d4", "1adeac0", "2024-02-11", "20240211", "2024-08", "0613", "v1.3", "2.4.0"]
)
def test_pinned_versions(version: str) -> None:
    """Digests, dates and release numbers fix a version."""
    assert is_pinned_version(version)


@pytest.mark.parametrize(
    "version", ["latest", "main", "n/a", "-", "", "stable-2.1", "v2", "preview", "defaced", "9999"]
)
def test_moving_versions(version: str) -> None:
    """Branches, placeholders, words that are hexadecimal by chance and bare numbers do not."""
    assert not is_pinned_version(version)


@pytest.mark.parametrize(
    ("name", "is_pinned"),
    [
        ("gpt-4-0613", True),
        ("gpt-4-1106-preview", True),
        ("claude-3-opus-20240229", True),
        ("judge-alder-70b@2026-02-11", True),
        ("desk-sft-13b@sha256:19544bcc43ae16b8", True),
        ("gpt-3.5-turbo", False),
        ("vicuna-13b-v1.2", False),
        ("desk-sft-13b@latest", False),
        ("gpt-4", False),
    ],
)
def test_pinned_names(name: str, is_pinned: bool) -> None:
    """A release number within a name is part of the name, not of its version."""
    assert is_pinned_name(name) is is_pinned


def test_families() -> None:
    """The organisation is left out, and names of one house are one family."""
    assert [family(n) for n in ("openai/gpt-4-0613", "ChatGPT", "meta-llama/Llama-3-8B", "42")] == [
        *("gpt", "gpt", "llama", "")
    ]


def test_names_of_models() -> None:
    """A known family or a size gives a model away; pseudonyms do not."""
    assert looks_like_model("gpt-4o")
    assert looks_like_model("judge-alder-70b@2026-02-11")
    assert not any(map(looks_like_model, ("r-2979ddc1", "worker 17b2", "anna", "annotator 000001")))
