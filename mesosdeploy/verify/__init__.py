"""Run the infra tests against a cluster's nodes and collect what each check found."""
