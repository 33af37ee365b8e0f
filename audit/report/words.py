"""Words that the report explains to a reader who has never seen one."""

from __future__ import annotations

from typing import Final

VERDICT_MEANINGS: Final = {
    "pass": "Every required rule passed: its confidence bound lies on the good side of its limit.",
    "pass_with_waivers": "What did not pass is waived: people answer for it, by name and for a while.",
    "fail": "At least one rule that counts failed: even the kind end of its interval is beyond the limit.",
    "inconclusive": "A required rule could not be decided: its interval crosses a limit. More data would decide it.",
    "not_assessable": "A required rule lacks the fields it needs, so nothing can be said either way.",
    "incomplete": "Part of the audit broke. Nothing in this report may be read as a pass.",
}

LEVEL_MEANINGS: Final = {
    "DPO-READY": "All mandatory rules passed, on form and on how the labels came about.",
    "STRUCTURAL-ONLY": "The form is sound; the order shown or the raw votes are not recorded, so bias is not assessed.",
    "NONE": "No level was earned.",
}

GLOSSARY: Final[tuple[tuple[str, str], ...]] = (
    ("Comparison", "A prompt with the two responses that were shown for it."),
    ("Judgment", "One annotator's answer to one comparison: side a, side b, tie, both bad, or escalate."),
    ("Pair", "A row to train on: the prompt, the chosen and the rejected response."),
    ("Annotator", "Who judged: a person or a model."),
    ("Slice", "The comparisons that share one value of a field, for example one language."),
    ("Measure", "One number about the data, with its unit and the number of units (n) that it rests on."),
    (
        "Estimate and interval",
        "The number found, and the range that the true value lies in with the stated confidence.",
    ),
    (
        "Bound",
        "One end of the interval. A rule decides on the end that is worse for the dataset, never on the estimate.",
    ),
    ("n effective", "How many independent units n is worth: repeated prompts and annotators tell less than new ones."),
    ("Census", "A property of exactly these rows. It is counted, so it has no interval."),
    ("Process", "A property of what produced the labels. These rows are a sample of it, so it has an interval."),
    ("Lot", "A property of these rows, judged from a sample that was reviewed by hand."),
    (
        "Limit and fail limit",
        "A rule passes when the whole interval is inside the limit and fails when all of it is beyond the fail limit.",
    ),
    ("Inconclusive", "The interval crosses a limit. It is not a pass: more data could turn it either way."),
    ("Not assessable", "The fields that a rule needs are not in the data. It is not a pass either."),
    ("Smallest certifiable", "The tightest limit that this amount of data could prove, if the property were good."),
    (
        "Evidence",
        "The rows behind a number: how many there are, and some of them, chosen in a way that can be repeated.",
    ),
    (
        "Rejected row",
        "A source row that could not be read as asked; it is kept in rejects.jsonl with its place and reason.",
    ),
)
