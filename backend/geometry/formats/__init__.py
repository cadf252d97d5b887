"""One reader per file format. Each takes bytes or a path and trusts nothing it finds there."""
