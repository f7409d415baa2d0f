"""`plan`: what `up` would do, without a lock and without changing anything."""

from __future__ import annotations

from mesosdeploy.plan import Plan
from mesosdeploy.providers.base import Estimate, Foreseeing, Priced, Surrounding
from mesosdeploy.state import record
from mesosdeploy.workflow import install
from mesosdeploy.workflow.environment import Environment
from mesosdeploy.workflow.up_steps import make_plan


def estimate(environment: Environment) -> Estimate | None:
    """Return what the spec's machines cost, None where the provider knows no prices."""
    provider = environment.provider
    if not isinstance(provider, Priced):
        return None
    return provider.estimate(environment.spec.requests())


def surroundings(environment: Environment) -> tuple[Surrounding, ...] | None:
    """Return what is and would be around the machines, None where the provider cannot say."""
    provider = environment.provider
    if not isinstance(provider, Foreseeing):
        return None
    return tuple(provider.foresee(environment.spec.requests()))


def plan(environment: Environment) -> Plan:
    """Return the plan; ProviderError when the provider cannot be asked."""
    fingerprint = environment.fingerprint(install.digests(environment))
    return make_plan(environment, record.load(environment.directory), fingerprint)
