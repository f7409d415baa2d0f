"""mesosdeploy: infrastructure as code for Apache Mesos clusters."""

__version__ = "0.1.0"
