"""What is remembered of a cluster between runs: record, journal, lock and keys."""
