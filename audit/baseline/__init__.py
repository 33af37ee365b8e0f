"""Rules that choose a side without reading: what labels would have to beat."""
