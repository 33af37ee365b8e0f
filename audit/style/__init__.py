"""Decisive comparisons and the style of their sides: what the verbosity and style auditors measure with."""
