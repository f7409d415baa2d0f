"""Finding out what is wrong: a probe that runs on a node, and judges that name cause and remedy."""
