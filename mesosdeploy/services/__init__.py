"""Programs that run on the cluster's nodes, each shipped as a Debian package of its own."""
