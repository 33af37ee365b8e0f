"""Renderings of `result.json`, one file per format; none sees the data."""
