"""AWS' error codes, and the remedies that its users need."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from mesosdeploy.providers.cloud.failures import Dialect, Kind, words_of


def _words(exc: Exception) -> str:
    """Return "Code: message", the form in which libcloud gives it too."""
    if isinstance(exc, ClientError):
        error = exc.response.get("Error", {})
        return f"{error.get('Code', '')}: {error.get('Message', '')}"
    if isinstance(exc, BotoCoreError):
        return f"{type(exc).__name__}: {exc}"
    return words_of(exc).strip("'\"")


_CODES: tuple[tuple[Kind, str], ...] = (
    # The order matters: RequestLimitExceeded is no quota.
    (Kind.THROTTLE, r"RequestLimitExceeded Throttling Unavailable EC2ThrottledException"),
    (Kind.TRANSIENT, r"InternalError InternalFailure ServiceUnavailable RequestTimeout"),
    (Kind.TRANSIENT, r"IncorrectInstanceState IncorrectState InvalidVpcID\.NotReady"),
    (Kind.TRANSIENT, r"EndpointConnectionError ConnectTimeoutError ReadTimeoutError"),
    (Kind.TRANSIENT, r"ConnectionClosedError ConnectionError HTTPClientError IncompleteReadError"),
    (Kind.CAPACITY, r"(Server\.)?Insufficient\w*Capacity Unsupported\b SpotMaxPriceTooLow"),
    (Kind.QUOTA, r"(Client\.)?\w*LimitExceeded MaxSpotInstanceCountExceeded"),
    (Kind.AUTH, r"UnauthorizedOperation AccessDenied AuthFailure ExpiredToken RequestExpired"),
    (Kind.AUTH, r"OptInRequired InvalidClientTokenId SignatureDoesNotMatch UnrecognizedClient"),
    (Kind.AUTH, r"NoCredentialsError PartialCredentialsError CredentialRetrievalError"),
    (Kind.AUTH, r"ProfileNotFound TokenRetrievalError SSO\w*Error UnauthorizedSSOTokenError"),
    (Kind.NOT_FOUND, r"[\w.]+\.NotFound"),
    (Kind.CONFLICT, r"DependencyViolation IdempotentParameterMismatch"),
    (Kind.CONFLICT, r"[\w.]+\.(Duplicate|InUse|Conflict|AlreadyAssociated) RouteAlreadyExists"),
)
"""Codes of the EC2 API reference ("Error codes for the Amazon EC2 API") and boto3's exceptions."""

DIALECT = Dialect(
    rules=tuple((f"^({codes.replace(' ', '|')})", kind) for kind, codes in _CODES),
    foreign=(BotoCoreError, ClientError),
    words=_words,
    remedies={
        Kind.AUTH: "look at `aws sts get-caller-identity`: log in again (aws sso login), set"
        " AWS_PROFILE, or give the user the policy of docs/aws.md",
        Kind.QUOTA: "ask for more in AWS' Service Quotas (EC2, vCPUs of this family), or lower the"
        " counts; then run `mesosdeploy up` again: it continues with what is there",
        Kind.CAPACITY: "choose another instance_type or other zones, or try later:"
        " `mesosdeploy up` continues with what is there",
    },
)
