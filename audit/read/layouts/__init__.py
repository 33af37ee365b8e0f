"""One file per layout: what the fields of a source row mean."""
