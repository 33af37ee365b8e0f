"""Signal columns that the bag of words gives: their readers need not know how."""

from __future__ import annotations

from typing import Final

LEAD: Final = "word_lead"
"""Log odds that side a wins, by the words of both sides; null outside the sample."""
SCORES: Final = ("a_word_score", "b_word_score")
"""Score of each side for being the winner, by its words alone; null outside the sample."""
PLANTED: Final = ("word_flip", "word_flip_doubt")
"""1 where a label of the sample was turned round before the model was fitted again, else 0; and the log odds of that
model, held out, for the other side than the one that it was told. Null outside the sample."""
