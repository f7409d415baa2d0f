"""`plan`: what `up` would do, without a lock and without changing anything."""

from __future__ import annotations

from mesosdeploy import plan as planning
from mesosdeploy.plan import Plan
from mesosdeploy.state import record
from mesosdeploy.workflow import install
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up_steps import require_usable


def plan(environment: Environment) -> Plan:
    """Return the plan; ProviderError when the provider cannot be asked."""
    require_usable(environment)
    return planning.make(
        environment.spec.requests(),
        environment.provider.list(),
        record.load(environment.directory),
        fingerprint=environment.fingerprint(install.digests(environment)),
    )
