"""Which response stands first, and what that does to the choice: what the position auditor measures with."""
