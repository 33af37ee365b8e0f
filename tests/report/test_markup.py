"""Markup that cannot be broken out of."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.report.markup import Markup, data, element
from audit.report.safe import visible

from .hostile import HOSTILE


class Reader(HTMLParser):
    """Collects tags, attributes and text as a browser would see them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its attributes."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_stays_text(text: str) -> None:
    """Whatever the text, the reader finds the two tags written, the text as cleaned, and nothing else."""
    found = read(element("p", data(text), title=text))
    assert found.tags == ["p", "bdi"]
    assert found.text == visible(text)
    assert found.attributes == [("title", visible(text))]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_no_tag(text: str) -> None:
    """Each of the corpus, as child and as attribute."""
    assert read(element("td", text, aria_label=text)).tags == ["td"]


@pytest.mark.parametrize("name", ["onclick", "onload", "style", "src", "srcdoc", "formaction"])
def test_attributes_that_carry_code_cannot_be_written(name: str) -> None:
    """Not even by mistake."""
    with pytest.raises(ValueError, match="has no attribute"):
        element("p", **{name: "x"})


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "http://a.example", "//b.example"])
def test_links_go_to_https_or_inside(target: str) -> None:
    """A link from the data to anywhere else is an error, not a link."""
    with pytest.raises(ValueError, match="a link of a report"):
        element("a", "x", href=target)


def test_spelling_of_elements() -> None:
    """Nested children, left-out ones, bare and numeric attributes, and void elements."""
    made = element("p", "a<b", None, [element("br"), "c"], class_="x", hidden=True, open=False, data_n=1, x=1.50, y=2.0)
    assert made == '<p class="x" hidden data-n="1" x="1.5" y="2">a&lt;b<br>c</p>'
    assert isinstance(made, Markup)
