"""What makes the book: execute notebooks, check their parameters, build the site, say where it came from."""
