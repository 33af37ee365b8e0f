"""HTML and SVG that cannot be broken out of: every text is escaped unless a function here made it.

`element` is the only way to write a tag. A plain `str` child is text of unknown origin: it is cleaned (`visible`) and
escaped. A `Markup` child is what `element` returned. Attributes that could carry code or style cannot be written.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Final

from audit.report.safe import visible

_VOID: Final = frozenset({"br", "col", "hr", "meta", "input"})
_SHAPES: Final = frozenset({"circle", "line", "path", "polygon", "polyline", "rect", "use"})
"""Elements of a picture that have no content, and so close themselves."""


class Markup(str):
    """Finished markup, made by `element`, `text` or `join`."""

    __slots__ = ()


Child = str | None | Iterable["Child"]
Attribute = str | int | float | bool | None


def element(name: str, *children: Child, **attributes: Attribute) -> Markup:
    """Return one element; `class_` and `for_` lose their underscore, other underscores become hyphens.

    A child that is None is left out, an iterable is flattened. An attribute that is None or False is left out, True is
    written bare, floats with at most two decimals (coordinates).

    Raises:
        ValueError: for an attribute that carries script or style, or a link that is neither https nor a fragment.
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}"
    if name in _SHAPES:
        return Markup(f"{opening}/>")
    if name in _VOID:
        return Markup(f"{opening}>")
    return Markup(f"{opening}>{join(children)}</{name}>")


def text(value: str) -> Markup:
    """Return text of any origin as markup: cleaned and escaped."""
    return Markup(html.escape(visible(value)))


def data(value: str) -> Markup:
    """Return text that came from the data, isolated so that it cannot turn the reading order of what is around it."""
    return element("bdi", value)


def join(children: Iterable[Child]) -> Markup:
    """Return children one after the other."""
    return Markup("".join(_markup(child) for child in children))


def _markup(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    return text(child) if isinstance(child, str) else join(child)


def _attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    if name.startswith("on") or name in ("style", "src", "srcdoc", "action", "formaction"):
        raise ValueError(f"a report has no attribute {name!r}")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    if name == "href" and not str(value).startswith(("#", "https://")):
        raise ValueError(f"a link of a report goes to https or into the report, not to {value!r}")
    name = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}.get(name, name)
    return f' {name}="{html.escape(visible(str(value)))}"'
