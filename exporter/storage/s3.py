"""S3 and what speaks its language, through boto3."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Literal
from urllib.parse import quote, unquote

from botocore.exceptions import BotoCoreError, ClientError

from exporter.errors import ConfigurationError
from exporter.storage.patience import Patience, needed
from exporter.storage.s3_errors import BOTO_ERRORS, is_missing, is_of_one_object, translate
from exporter.storage.store import StoredObject

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.config import Config
    from mypy_boto3_s3 import S3Client

CONNECT_SECONDS = 10
READ_SECONDS = 60
#: With botocore's backoff (at most 20 s a time) one request ends within seven minutes.
ATTEMPTS = 5
_PIECE_BYTES = 1 << 20
#: Readable in consoles, and none of it is special in a header.
_PLAIN_IN_METADATA = ":/,;=+@"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)")

AddressingStyle = Literal["auto", "path", "virtual"]


class S3Store:
    """One bucket. The client is shared by threads, which boto3 allows for clients."""

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        *,
        kms_key_id: str | None = None,
        storage_class: str | None = None,
        secrets: Collection[str] = (),
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._options = _write_options(kms_key_id, storage_class)
        self._secrets = secrets
        self._patience = Patience()

    def head(self, key: str) -> StoredObject | None:
        with self._translated("read", key):
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if is_missing(error):
                    return None
                raise
        return StoredObject(key, _decoded(answer["Metadata"]), answer["ContentLength"])

    def list_keys(self, prefix: str) -> Iterator[str]:
        return (key for key, _ in self.list_sizes(prefix))

    def list_sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._translated("list", prefix):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                yield from ((item["Key"], item["Size"]) for item in page.get("Contents", []))

    def list_folders(self, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        with self._translated("list", prefix):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/"):
                yield from (item["Prefix"] for item in page.get("CommonPrefixes", []))

    def put(self, key: str, body: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        """One request, so the object is there whole or not at all.

        Its signature holds the SHA-256 of the body, which the server checks.
        """
        with self._translated("write", key):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                Metadata=_encoded(metadata),
                ContentType=content_type,
                **self._options,
            )

    def get(self, key: str) -> bytes:
        with self._translated("read", key):
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def download(self, key: str, into: BinaryIO) -> None:
        with self._translated("read", key):
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            for piece in body.iter_chunks(_PIECE_BYTES):
                into.write(piece)

    def delete(self, key: str) -> None:
        with self._translated("remove", key):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def describe(self) -> str:
        return f"s3://{self._bucket}/"

    def check_access(self, prefix: str) -> None:
        """Lists one key: a policy may allow listing under this prefix only."""
        with needed(), self._translated("list", prefix):
            self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=1)

    def check_writing(self, prefix: str) -> None:
        """Begins an upload and gives it up: that needs s3:PutObject and makes no version."""
        probe = f"{prefix}infer-focus-check"
        with needed(), self._translated("write", prefix):
            begun = self._client.create_multipart_upload(
                Bucket=self._bucket, Key=probe, **self._options
            )
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=probe, UploadId=begun["UploadId"]
            )

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _translated(self, action: str, key: str) -> Iterator[None]:
        try:
            yield
        except BOTO_ERRORS as error:
            place = f"{self.describe()}{key}"
            translated = translate(error, place, action, tuple(self._secrets))
            if not is_of_one_object(error):
                translated = self._patience.judged(action, translated)
            raise translated from error
        self._patience.succeeded(action)


def connect(
    bucket: str,
    *,
    region: str | None = None,
    endpoint_url: str | None = None,
    access_key_id: str | None = None,
    secret_access_key: str | None = None,
    kms_key_id: str | None = None,
    storage_class: str | None = None,
    addressing_style: AddressingStyle = "auto",
    attempts: int = ATTEMPTS,
) -> S3Store:
    """A store with a client of its own; without a key the default credentials chain finds one.

    `attempts` counts the first request too: timeouts, lost connections, 429 and 5xx are repeated.
    Sends no request. Raises ConfigurationError for settings no client can be made of.
    """
    import boto3  # here: takes 0.4 s, which a local folder need not wait for

    try:
        client = boto3.session.Session().client(
            "s3",
            region_name=region,
            endpoint_url=endpoint_url,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            config=_client_config(addressing_style, attempts),
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(f"the S3_ settings are not usable: {error}") from error
    secrets = {secret for secret in (access_key_id, secret_access_key) if secret}
    client.meta.events.register("before-send.s3", partial(_note_credentials, secrets))
    return S3Store(
        client, bucket, kms_key_id=kms_key_id, storage_class=storage_class, secrets=secrets
    )


def _note_credentials(secrets: set[str], request: AWSPreparedRequest, **_: Any) -> None:
    """Keeps what a request lets its sender in by: AWS finds credentials that we never see."""
    for name in ("Authorization", "X-Amz-Security-Token"):
        value: object = request.headers.get(name, "")
        text = value.decode() if isinstance(value, bytes) else str(value)
        key = _CREDENTIAL.search(text)
        secrets.update(filter(None, [key[1] if key else text]))


def _client_config(addressing_style: AddressingStyle, attempts: int) -> Config:
    """Checksums of boto3's own choosing are off: servers that are not AWS refuse some of them."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": addressing_style, "payload_signing_enabled": True},
    )


def _write_options(kms_key_id: str | None, storage_class: str | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kms_key_id is not None:
        options |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_id}
    if storage_class is not None:
        options |= {"StorageClass": storage_class}
    return options


def _encoded(metadata: Mapping[str, str]) -> dict[str, str]:
    """Values in percent encoding: headers are ASCII."""
    return {name: quote(value, safe=_PLAIN_IN_METADATA) for name, value in metadata.items()}


def _decoded(metadata: Mapping[str, str]) -> dict[str, str]:
    """Some servers give the names back capitalised."""
    return {name.lower(): unquote(value) for name, value in metadata.items()}
