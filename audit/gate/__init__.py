"""The audit as a gate: what counts, what is new, and the formats that CI systems read."""
