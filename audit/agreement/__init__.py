"""The measures of agreement, a part a file; `audit.auditors.agreement` puts them together."""
