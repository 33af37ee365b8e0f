"""The training set that an audit allows: which comparisons become pairs, which are set apart and why."""
