"""Acceptance by hand review: which comparisons people judge again, and what their verdicts show of the whole lot."""
