"""Mesos' metrics for Prometheus: one exporter for one master, agent or ZooKeeper server."""
