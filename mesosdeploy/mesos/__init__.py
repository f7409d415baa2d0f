"""Clients of the running cluster: operator views of every process, and a small v1 scheduler."""
