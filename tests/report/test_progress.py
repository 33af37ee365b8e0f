"""Progress is for people who watch, and for nobody else."""

from __future__ import annotations

import io

import pytest

from audit.report.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """True: somebody watches."""
        return True


def test_it_rewrites_one_line_and_wipes_it() -> None:
    """A stage shows its share and counts, and the line is clean afterwards."""
    stream = Terminal()
    with Progress(stream=stream) as progress:
        progress("reading", 500, 2000)
        progress("reading", 2000, 2000)
        progress("judging", 3)
    text = stream.getvalue()
    assert "reading [#####               ]  25% 500 of 2,000" in text
    assert "reading [####################] 100% 2,000 of 2,000" in text
    assert "judging: 3" in text
    assert text.endswith("\r\x1b[2K")
    assert "\n" not in text


def test_quick_calls_are_dropped_but_never_the_last() -> None:
    """A thousand calls in no time write the first and the end."""
    stream = Terminal()
    progress = Progress(stream=stream)
    for done in range(1, 1001):
        progress("reading", done, 1000)
    assert stream.getvalue().count("\r") < 1000
    assert "1,000 of 1,000" in stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()], ids=["pipe", "quiet"])
def test_silence(stream: io.StringIO) -> None:
    """A pipe gets nothing; a terminal gets nothing when asked to be quiet."""
    with Progress(quiet=stream.isatty(), stream=stream) as progress:
        progress("reading", 1, 2)
    assert stream.getvalue() == ""


def test_a_hostile_stage_name_is_spelled_out() -> None:
    """A file name with an escape sequence in it does not reach the terminal as one."""
    stream = Terminal()
    Progress(stream=stream)("\x1b]0;x\x07", 1, 2)
    assert "<U+001B>]0;x<U+0007>" in stream.getvalue()
