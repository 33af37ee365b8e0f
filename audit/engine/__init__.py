"""Runs readers, kernels and auditors over the shards of a dataset."""
