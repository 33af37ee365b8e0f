"""What a vendor states, clause by clause, against what was measured."""
