"""The lab package of Mesos: a Debian package for laptops, CI and rehearsals, built here.

Real daemons of Mesos out of the official binary upload; `docs/lab-runtime.md` says how and where
the limits are.
"""

from mesosdeploy.lab.build import build_package, missing_tools, source_digest
from mesosdeploy.lab.uploads import VERSIONS, Upload, upload

__all__ = ["VERSIONS", "Upload", "build_package", "missing_tools", "source_digest", "upload"]
