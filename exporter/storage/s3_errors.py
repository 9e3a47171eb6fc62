"""botocore's errors as ours: what ends the run, and what fails one object only."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)

from exporter.errors import StoreFailed, UnusableError

#: Every error of a request: botocore has no common base class for them.
BOTO_ERRORS = (BotoCoreError, ClientError)

_UNREACHABLE = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_CUT_SHORT = (
    *(ReadTimeoutError, ConnectionClosedError, ResponseStreamingError, IncompleteReadError),
    HTTPClientError,
)
_PERMISSIONS = "s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject"
#: What to do about the error codes of S3 that people meet.
_ADVICE = {
    "NoSuchBucket": "check S3_BUCKET, S3_REGION and S3_ENDPOINT_URL",
    "InvalidAccessKeyId": "check S3_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "check S3_SECRET_ACCESS_KEY",
    "ExpiredToken": "the credentials ended, renew them",
    "RequestTimeTooSkewed": "set this machine's clock",
    "PermanentRedirect": "check S3_REGION",
    "AuthorizationHeaderMalformed": "check S3_REGION",
    "InvalidStorageClass": "check S3_STORAGE_CLASS",
    "KMS.NotFoundException": "check S3_KMS_KEY_ID",
    "KMS.DisabledException": "check S3_KMS_KEY_ID",
    "AccessDenied": f"the credentials need {_PERMISSIONS}",
    "403": f"the credentials need {_PERMISSIONS}",
}
#: 4xx answers that say nothing about the next request.
_PASSING_CODES = frozenset(
    {"RequestTimeout", "SlowDown", "Throttling", "TooManyRequests", "OperationAborted"}
    | {"ConditionalRequestConflict", "PreconditionFailed", "NoSuchKey", "BadDigest"}
    | {"XAmzContentSHA256Mismatch", "IncompleteBody"}
)
_PASSING_STATUS = frozenset({408, 409, 412, 429})
_ONE_OBJECT_STATUS = frozenset({404, 409, 412})


def translate(
    error: Exception, place: str, action: str, secrets: Sequence[str]
) -> StoreFailed | UnusableError:
    """Our error for one of BOTO_ERRORS, in one line and without any of the secrets."""
    if isinstance(error, ClientError):
        kind, text = _answer(error, action)
    else:
        kind, text = _no_answer(error, action)
    for secret in secrets:
        text = text.replace(secret, "***")
    return kind(f"{place}: {' '.join(text.split())}")


def is_missing(error: ClientError) -> bool:
    """Whether a HEAD found nothing: it has no body, so there is only the status."""
    return _status(error) == 404


def is_of_one_object(error: Exception) -> bool:
    """Whether the error says nothing of other objects: one is missing or was just changed."""
    return isinstance(error, ClientError) and _status(error) in _ONE_OBJECT_STATUS


def _answer(error: ClientError, action: str) -> tuple[type[StoreFailed | UnusableError], str]:
    code = error.response.get("Error", {}).get("Code") or "no code"
    said = error.response.get("Error", {}).get("Message") or "no message"
    if _is_passing(code, _status(error)):
        return StoreFailed, f"cannot {action}: {code} ({said}); the next run tries again"
    advice = _ADVICE.get(code, "check the S3_ settings")
    return UnusableError, f"cannot {action}: {code} ({said}); {advice}"


def _is_passing(code: str, status: int) -> bool:
    return code in _PASSING_CODES or status in _PASSING_STATUS or status >= 500


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def _no_answer(error: Exception, action: str) -> tuple[type[StoreFailed | UnusableError], str]:
    if isinstance(error, SSLError):
        advice = "check S3_ENDPOINT_URL and AWS_CA_BUNDLE"
        return UnusableError, f"cannot {action}: TLS failed ({error}); {advice}"
    if isinstance(error, _UNREACHABLE):
        return UnusableError, f"cannot {action}: {error}; check S3_ENDPOINT_URL and the network"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        advice = "set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or give the pod a role"
        return UnusableError, f"cannot {action}: {error}; {advice}"
    if isinstance(error, _CUT_SHORT):
        return StoreFailed, f"cannot {action}: {error}; the next run tries again"
    return UnusableError, f"cannot {action}: {error}; check the S3_ settings"
