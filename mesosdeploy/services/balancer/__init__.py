"""Renders HAProxy's services from Marathon's apps and keeps the running HAProxy in step."""
