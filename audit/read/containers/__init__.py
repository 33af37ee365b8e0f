"""How rows are stored: each container yields chunks of one file, and parses a chunk into rows with exact places."""
