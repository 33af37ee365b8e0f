"""Proof that the audit works: known defects planted into clean data, and what its rules say of them."""
