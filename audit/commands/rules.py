"""`audit rules list|show|check`."""
