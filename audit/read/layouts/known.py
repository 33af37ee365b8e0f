"""Every layout that detection tries, and how one is found by name."""

from __future__ import annotations

import difflib
from typing import Final

from audit.errors import MappingError
from audit.read.layouts.annotator_columns import ANNOTATOR_COLUMNS, INDEXED_COLUMNS
from audit.read.layouts.arena import ArenaVotes
from audit.read.layouts.argilla import ArgillaRecords
from audit.read.layouts.both_orders import BY_RESPONSE, BY_SLOT
from audit.read.layouts.hh import Transcripts
from audit.read.layouts.layout import Layout
from audit.read.layouts.native import Native
from audit.read.layouts.nested import LabelledRows, NestedVotes
from audit.read.layouts.numbers import FLAG_VOTES, INDEXED_VOTES, NUMBERED_VOTES
from audit.read.layouts.openai import OpenAiPreference
from audit.read.layouts.pairs import ImplicitPairs, Pairs
from audit.read.layouts.rated import RatedResponses
from audit.read.layouts.records import Records
from audit.read.layouts.sharegpt import ShareGpt
from audit.read.layouts.shp import Shp
from audit.read.layouts.strength import NEGATIVE_FIRST, NEGATIVE_SECOND
from audit.read.layouts.unknown import Unknown

LAYOUTS: Final[tuple[Layout, ...]] = (
    Pairs(),
    ImplicitPairs(),
    Transcripts(),
    ShareGpt(),
    OpenAiPreference(),
    ArenaVotes(),
    Shp(),
    NUMBERED_VOTES,
    INDEXED_VOTES,
    FLAG_VOTES,
    ANNOTATOR_COLUMNS,
    INDEXED_COLUMNS,
    BY_RESPONSE,
    BY_SLOT,
    NestedVotes(),
    LabelledRows(),
    Records(),
    Native(),
    NEGATIVE_FIRST,
    NEGATIVE_SECOND,
    RatedResponses(),
    ArgillaRecords(),
)
"""In no order of preference: confidence decides."""

UNKNOWN: Final = Unknown()
_BY_NAME: Final = {layout.name: layout for layout in (*LAYOUTS, UNKNOWN)}


def layout_named(name: str) -> Layout:
    """Return the layout of that name.

    Raises:
        MappingError: when there is none.
    """
    found = _BY_NAME.get(name)
    if found is None:
        near = difflib.get_close_matches(name, list(_BY_NAME), n=3, cutoff=0.4)
        raise MappingError(
            "there is no such layout", got=repr(name), expected="one of " + ", ".join(near or sorted(_BY_NAME))
        )
    return found
