"""Results side by side: what moved between versions or vendors, judged from saved results and, where given, rows."""
