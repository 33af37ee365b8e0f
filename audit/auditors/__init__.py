"""One file per auditor; none imports another."""
