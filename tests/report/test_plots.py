"""Pictures put their marks where the numbers are, as well-formed SVG that names and describes itself."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from audit.report.plots import CELL, FLOOR, Caption, Point, bars, curve, funnel, heat

from .hostile import HOSTILE
from .test_charts import marks

CAPTION = Caption("A title", "what it shows", "across")


def texts(svg: str) -> list[str | None]:
    return [node.text for node in ET.fromstring(svg).iter("text")]


def test_the_funnel_names_those_outside() -> None:
    """Of 400 judgments 3.09 x 0.5 / 20 = 7.7 points are chance: 57% is inside, 58% outside."""
    items = [Point("inside", 0.57, None, None, 400), Point("outside", 0.58, None, None, 400)]
    svg = funnel(items, CAPTION, 0.5)
    assert len(marks(svg, "stranger")) == 1
    assert [name for name in texts(svg) if name in ("inside", "outside")] == ["outside"]


def test_the_curve_rises_with_its_numbers() -> None:
    """Higher shares stand higher, in the order given; the reference line is there, and n under each."""
    items = [Point(str(share), share, share - 0.05, share + 0.05, 10) for share in (0.5, 0.6, 0.8)]
    svg = curve(items, CAPTION, 0.5)
    heights = [float(dot.get("cy", "nan")) for dot in marks(svg, "dot")]
    assert heights == sorted(heights, reverse=True)
    assert (heights[0] - heights[2]) / (heights[0] - heights[1]) == pytest.approx(3, abs=0.01)
    assert len(marks(svg, "limit")) == 1
    assert texts(svg).count("n 10") == 3


def test_crowded_groups_are_not_all_named() -> None:
    """Twenty groups have 25 pixels each and a name needs 76: every fourth is named, all are drawn."""
    svg = curve([Point(f"g{i}", 0.5, None, None, 10) for i in range(20)], CAPTION, None)
    assert len(marks(svg, "dot")) == 20
    assert [name for name in texts(svg) if name and name.startswith("g")] == [f"g{i}" for i in range(0, 20, 4)]


def test_bars_stand_on_the_floor_and_are_as_tall_as_their_counts() -> None:
    """Half the count, half the height; the count is written above."""
    svg = bars([Point("2", 40, None, None, 1), Point("3", 20, None, None, 1)], CAPTION)
    tall, low = (float(bar.get("height", "nan")) for bar in marks(svg, "bar"))
    assert tall == pytest.approx(2 * low, abs=0.02)
    assert all(float(b.get("y", 0)) + float(b.get("height", 0)) == pytest.approx(FLOOR) for b in marks(svg, "bar"))
    assert {"40", "20"} <= set(texts(svg))


def test_counts_a_thousandfold_apart_are_drawn_on_a_logarithmic_scale() -> None:
    """10, 1,000 and 100,000 are equally far apart."""
    items = [Point(str(n), n, None, None, 1) for n in (10, 1000, 100_000)]
    heights = [float(bar.get("height", "nan")) for bar in marks(bars(items, CAPTION), "bar")]
    assert heights[2] - heights[1] == pytest.approx(heights[1] - heights[0], abs=0.02)


def test_cells_carry_their_number() -> None:
    """Colour is never alone: 80% is written in its cell, a whole field says all, an unknown cell is not drawn."""
    shares = {("a", "x"): 0.8, ("a", "y"): 1.0, ("b", "x"): 0.0}
    svg = heat(["a", "b"], ["x", "y"], shares, CAPTION)
    assert [text for text in texts(svg) if text not in ("a", "b", "x", "y")] == ["80.0%", "all", "0%"]
    kinds = [box.get("class") for box in ET.fromstring(svg).iter("rect")]
    assert kinds == ["heat-1", "heat-4", "heat-0"]
    first, second, third = (box for box in ET.fromstring(svg).iter("rect"))
    assert float(second.get("x", 0)) - float(first.get("x", 0)) == CELL[0]
    assert float(third.get("y", 0)) - float(first.get("y", 0)) == CELL[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_text(text: str) -> None:
    """A slice's name is text of the picture: the XML stays well formed and has no element of theirs."""
    items = [Point(text, 0.9, 0.8, 1.0, 500), Point("b", 0.5, None, None, 600)]
    caption = Caption(text, text, text)
    drawn = (curve(items, caption, 0.5), funnel(items, caption, 0.5), bars(items, caption))
    for svg in (*drawn, heat([text], [text], {(text, text): 0.5}, caption)):
        tree = ET.fromstring(svg)
        assert {node.tag for node in tree.iter()} <= {
            *("svg", "g", "line", "text", "polyline", "polygon", "circle", "rect", "title", "desc")
        }
        named = {node.get("id") for node in tree.iter() if node.get("id")}
        assert set((tree.get("aria-labelledby") or "").split()) == named
