"""Pure formulas on numpy arrays: no input or output, no pandas; each cites its paper and equation."""
