"""The sixteen counts that the two peer scripts compute on each response, as regular expressions.

Both scripts use the same expressions, without look-around, so that pandas (Python's re) and Polars (Rust's regex)
count the same things. `audit` counts these and some forty more.
"""

from __future__ import annotations

from typing import Final

REFUSALS: Final = (
    "i cannot", "i can't", "i can’t", "i am unable", "i'm unable", "i am not able", "i'm not able", "i won't",
    "i will not", "i'm sorry", "i am sorry", "i apologize", "as an ai", "as a language model", "i must decline",
    "i'm afraid", "i do not feel comfortable", "i don't feel comfortable", "cannot assist", "can't assist",
    "cannot help with", "can't help with", "unable to assist", "against my guidelines",
)  # fmt: skip
PATTERNS: Final = {
    "words": r"\S+",
    "line_ends": r"\n",
    "headers": r"(?m)^#{1,6}[ \t]",
    "bullets": r"(?m)^[ \t]*[-*+][ \t]",
    "numbered": r"(?m)^[ \t]*[0-9]+[.)][ \t]",
    "bold": r"\*\*[^*\n]+\*\*",
    "fences": r"```",
    "inline_code": r"`[^`\n]+`",
    "links": r"https?://\S+",
    "emoji": "[\U0001f300-\U0001faff☀-➿]",
    "questions": r"\?",
    "exclamations": r"!",
    "digits": r"[0-9]",
    "capitals": r"[A-Z]",
    "refusals": "(?i)" + "|".join(phrase.replace(".", r"\.") for phrase in REFUSALS),
}
FEATURES: Final = ("characters", *PATTERNS)
"""Sixteen: the length in code points and the fifteen patterns."""
