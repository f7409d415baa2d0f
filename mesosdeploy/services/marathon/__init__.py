"""The lab scheduler: Marathon's REST API on Mesos' v1 scheduler API, for laptops and CI."""
