"""What can go wrong on the side of the destination; test_storage_faults.py makes it happen.

Before each of them half of the periods have an older object, of other prices.
"""

from __future__ import annotations

from functools import partial

from tests.faults.fault import Fault

_OLD = "what was there before, each object whole"
_SOME = "the periods written until then, and a manifest; of the others what was there before"
_OTHERS = "every other period, and a manifest; of the failed one what was there before"
_ALL = "every period"
_WRITES = "writes every period"
_REST = "writes the periods that are named as failed"
_NO_NEED = "nothing to repair"

_unusable = partial(Fault, group="storage", code=4, after=_OLD, next_run=_WRITES)
_stopping = partial(Fault, group="storage", code=4, after=_SOME, next_run=_REST)
_failing = partial(Fault, group="storage", code=3, after=_OTHERS, next_run=_REST)
_overcome = partial(Fault, group="storage", code=0, after=_ALL, next_run=_NO_NEED, message="")

FAULTS = (
    _unusable(
        "s3-refused",
        happens="nothing listens at S3_ENDPOINT_URL",
        message="; check S3_ENDPOINT_URL and the network",
    ),
    _unusable(
        "s3-no-bucket",
        happens="there is no such bucket (404)",
        message="cannot list: NoSuchBucket (The specified bucket does not exist); check S3_BUCKET",
    ),
    _unusable(
        "s3-list-403",
        happens="the credentials may not list (403)",
        message="cannot list: AccessDenied (no); the credentials need s3:ListBucket",
    ),
    _unusable(
        "s3-head-403",
        happens="the credentials may not read (403)",
        message="cannot read: 403 (Forbidden); the credentials need s3:ListBucket, s3:GetObject",
    ),
    _unusable(
        "s3-put-403",
        happens="the credentials may not write (403)",
        message="cannot write: AccessDenied (no); the credentials need s3:ListBucket",
    ),
    _unusable(
        "s3-list-500-for-good",
        happens="no listing succeeds (500), with all retries",
        message="cannot list: InternalError (no); the next run tries again",
    ),
    _unusable(
        "s3-put-500-for-good",
        happens="no write succeeds (500), with all retries",
        message="InternalError (no); the next run tries again (3 requests failed in a row)",
    ),
    _unusable(
        "s3-put-silent-for-good",
        happens="no write is answered in time, with all retries",
        message="; the next run tries again (3 requests failed in a row)",
    ),
    _stopping(
        "s3-credentials-end",
        happens="the credentials end in the middle of the run: no period can be written any more",
        message="cannot write: ExpiredToken (no); the credentials ended, renew them",
    ),
    _stopping(
        "s3-bucket-deleted",
        happens="the bucket is deleted in the middle of the run",
        message="cannot write: NoSuchBucket (no); check S3_BUCKET",
        after="of a bucket restored, the periods written until then; the last log event names all",
    ),
    _stopping(
        "s3-gone",
        happens="from the middle of the run on every connection is reset",
        message="; the next run tries again (3 requests failed in a row)",
        after="the periods written until then; there is no manifest, the last log event names all",
    ),
    _failing(
        "s3-one-500",
        happens="one object cannot be written (500), with all retries",
        message="cannot write: InternalError (no); the next run tries again",
    ),
    _failing(
        "s3-one-slow-down",
        happens="the bucket asks to slow down (503) for one object, with all retries",
        message="cannot write: SlowDown (no); the next run tries again",
    ),
    _failing(
        "s3-one-silent",
        happens="the write of one object is not answered in time, with all retries",
        message="; the next run tries again",
    ),
    _failing(
        "s3-one-reset",
        happens="the upload of one object is reset in the middle, with all retries",
        message="; the next run tries again",
    ),
    _failing(
        "s3-answer-lost",
        happens="one object is written, and the answer to that is lost each time",
        message="; the next run tries again",
        after="every period: also the one that is named as failed",
        next_run="finds it unchanged",
    ),
    _overcome("s3-500-for-a-while", happens="writes fail three times (500)"),
    _overcome("s3-slow-down-for-a-while", happens="listings and reads are slowed down (503)"),
    _overcome("s3-silent-once", happens="a write is not answered in time, once"),
    _overcome("s3-reset-once", happens="an upload is reset in the middle, once"),
    _overcome(
        "s3-metadata-500",
        happens="nothing under metadata/ can be written (500), with all retries",
        message="manifest is not written",
        after="every period; no manifest and no FOCUS metadata, which a warning says",
        next_run="writes the metadata",
    ),
    _stopping(
        "folder-full",
        happens="the disk of OUTPUT_DIR is full in the middle of the run",
        message="No space left on device; OUTPUT_DIR needs room and write access",
    ),
    _failing(
        "folder-file-limit",
        happens="a quota refuses files of that size",
        message="File too large",
        after=_OLD,
        next_run=_WRITES,
    ),
    _failing(
        "folder-blocked",
        happens="a file lies where the folder of a day must be",
        message="File exists",
        after="every period of the other day, and a manifest",
        next_run="writes the day, once the file is gone",
    ),
    _unusable(
        "folder-read-only",
        happens="OUTPUT_DIR cannot be written",
        message="; OUTPUT_DIR needs room and write access",
    ),
    _unusable(
        "folder-is-a-file",
        happens="a file lies where OUTPUT_DIR must be",
        message="Not a directory; OUTPUT_DIR needs room and write access",
    ),
    _overcome("temporary-folder-full", happens="TMPDIR takes no byte: nothing is written there"),
)
