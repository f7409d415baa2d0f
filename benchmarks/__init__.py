"""Measurements of whole commands; `make bench` runs them. Never part of the tests."""
