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


DIALECT = Dialect(
    # The order matters: RequestLimitExceeded is no quota.
    rules=(
        (r"^(RequestLimitExceeded|Throttling|Unavailable|EC2ThrottledException)", Kind.THROTTLE),
        (r"^(InternalError|InternalFailure|ServiceUnavailable|RequestTimeout)", Kind.TRANSIENT),
        (r"^(IncorrectInstanceState|IncorrectState|InvalidVpcID\.NotReady)", Kind.TRANSIENT),
        (r"^(EndpointConnection|ConnectTimeout|ReadTimeout|ConnectionClosed|HTTPClient|Connection|"
         r"ResponseStreaming|IncompleteRead)\w*Error", Kind.TRANSIENT),
        (r"^(Server\.)?Insufficient\w*Capacity|^(Unsupported|SpotMaxPriceTooLow)\b", Kind.CAPACITY),
        (r"^(Client\.)?\w*LimitExceeded|^MaxSpotInstanceCount", Kind.QUOTA),
        (r"^(UnauthorizedOperation|AccessDenied|AuthFailure|ExpiredToken|RequestExpired|OptIn|"
         r"InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient)", Kind.AUTH),
        (r"^(NoCredentials|PartialCredentials|CredentialRetrieval|ProfileNotFound|TokenRetrieval|"
         r"SSO\w*|UnauthorizedSSOToken|NoAuthToken)\w*", Kind.AUTH),
        (r"^[\w.]+\.NotFound", Kind.NOT_FOUND),
        (r"^(DependencyViolation|[\w.]+\.(Duplicate|InUse|Conflict|AlreadyAssociated))",
         Kind.CONFLICT),
        (r"^(IdempotentParameterMismatch|Resource\.AlreadyAssociated)", Kind.CONFLICT),
    ),
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
)  # fmt: skip
"""Codes as the EC2 API reference lists them ("Error codes for the Amazon EC2 API")."""
