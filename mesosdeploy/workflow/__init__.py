"""Each operation as a short list of named steps."""
