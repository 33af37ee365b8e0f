"""Which shipped labels are probably wrong: what votes and words say of each, as a queue for people to review."""
