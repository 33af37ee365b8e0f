"""Where rows come from: what of their history is recorded, and whether it holds together."""
