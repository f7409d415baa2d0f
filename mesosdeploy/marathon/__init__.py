"""A client of Marathon's REST API: app definitions, their difference to what runs, deployments."""
