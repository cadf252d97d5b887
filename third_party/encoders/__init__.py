"""Published networks that tell FLAME's codes from a photograph: their layouts in our words, read from users' files."""
