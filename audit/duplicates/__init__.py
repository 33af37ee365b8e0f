"""Near duplicates and leakage: which texts are nearly the same, verified on the texts themselves."""
