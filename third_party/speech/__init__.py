"""Published networks that make a face speak, read from the files of their owners."""
