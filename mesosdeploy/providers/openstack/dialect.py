"""How OpenStack's services word their failures, and the remedies that its users need."""

from __future__ import annotations

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import HttpException, SDKException

from mesosdeploy.providers.cloud.failures import Dialect, Kind, words_of


def _words(exc: Exception) -> str:
    """Return "status message" of an answer, whichever library read it."""
    if isinstance(exc, HttpException):
        told = exc.details or exc.message
        return f"{exc.status_code} {told}" if exc.status_code else str(told)
    if isinstance(exc, (ClientException, SDKException)):
        status = getattr(exc, "http_status", None)
        return f"{status} {exc}" if status else f"{type(exc).__name__}: {exc}"
    code = getattr(exc, "code", None)
    return f"{code} {words_of(exc)}" if code else words_of(exc)


DIALECT = Dialect(
    rules=(
        # Neutron tells a quota as 409, Nova as 403.
        (r"(?i)quota exceeded|exceeds? quota|maximum number of", Kind.QUOTA),
        (r"(?i)no valid host|not enough hosts|no more (ip )?addresses", Kind.CAPACITY),
        # Nova's own conductor is not there yet, or a database was locked.
        (r"^(429|413) ", Kind.THROTTLE),
        (r"^5\d\d ", Kind.TRANSIENT),
        (
            r"^(Retriable)?Connect\w*(Failure|Timeout)|^(SSLFailure|UnknownConnection)",
            Kind.TRANSIENT,
        ),
        (r"^(401|403) ", Kind.AUTH),
        (r"^(ConfigException|MissingRequiredOptions|NoMatchingPlugin|AuthPlugin)", Kind.AUTH),
        (r"^(MissingAuthPlugin|AuthorizationFailure|Unauthorized)", Kind.AUTH),
        (r"^404 |^(NotFoundException|ResourceNotFound)", Kind.NOT_FOUND),
        (r"^409 ", Kind.CONFLICT),
        (r"^[A-Z]\w+: |^4\d\d ", Kind.INVALID),
    ),
    foreign=(ClientException, SDKException),
    words=_words,
    remedies={
        Kind.AUTH: "look at `openstack token issue`: name an entry of clouds.yaml (`cloud:` in the"
        " spec, or OS_CLOUD) or set OS_AUTH_URL and the others, as docs/openstack.md shows",
        Kind.QUOTA: "look at `openstack quota show`, ask for more or lower the counts; then run"
        " `mesosdeploy up` again: it continues with what is there",
        Kind.CAPACITY: "choose another flavor or other zones, or try later: `mesosdeploy up`"
        " continues with what is there",
    },
)
