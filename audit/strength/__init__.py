"""Strength, ties, difficulty: what annotators declare of a preference beside its direction, and what it is worth."""
