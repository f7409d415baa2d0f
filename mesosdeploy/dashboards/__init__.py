"""What an operator looks at: panels described once, for Prometheus' consoles and for Grafana."""
