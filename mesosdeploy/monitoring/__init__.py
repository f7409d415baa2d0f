"""What the monitoring of a cluster knows: its alerts, and how agents and frameworks use it."""
