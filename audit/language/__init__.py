"""Which language a text is in, and which language and script a locale declares."""
