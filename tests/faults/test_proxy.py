"""The bad road itself: what no rule wants arrives as it was sent, signatures included."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.faults.proxy import Rule, answered, cut, dropped, flooded, proxy_before, trickled
from tests.servers import S3Server

BODY = bytes(range(256)) * 1000


def through(server: S3Server, url: str) -> S3Server:
    """The same server by another address; no request is tried twice."""
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=config,
    )
    return replace(server, endpoint=url, client=client)


def test_signed_requests_pass_unchanged(s3: S3Server) -> None:
    bucket = s3.new_bucket()
    with proxy_before(s3.endpoint) as proxy, closing(through(s3, proxy.url).client) as client:
        client.put_object(Bucket=bucket, Key="a b/ü.bin", Body=BODY)
        assert client.head_object(Bucket=bucket, Key="a b/ü.bin")["ContentLength"] == len(BODY)
        assert client.get_object(Bucket=bucket, Key="a b/ü.bin")["Body"].read() == BODY
        listed = client.list_objects_v2(Bucket=bucket)["Contents"]
        client.delete_object(Bucket=bucket, Key="a b/ü.bin")
    assert [one["Key"] for one in listed] == ["a b/ü.bin"]
    assert [method for method, _ in proxy.seen] == ["PUT", "HEAD", "GET", "GET", "DELETE"]
    assert (proxy.spoiled, s3.keys(bucket)) == (0, [])


def test_a_rule_takes_as_many_requests_as_it_says(s3: S3Server) -> None:
    bucket = s3.new_bucket()
    slow = answered(503, "<Error><Code>SlowDown</Code></Error>")
    rule = Rule(slow, lambda exchange: exchange.method == "PUT", times=1)
    with proxy_before(s3.endpoint, rule) as proxy, closing(through(s3, proxy.url).client) as client:
        with pytest.raises(ClientError, match="SlowDown"):
            client.put_object(Bucket=bucket, Key="a", Body=BODY)
        client.put_object(Bucket=bucket, Key="a", Body=BODY)
    assert (proxy.spoiled, s3.keys(bucket)) == (1, ["a"])


def test_an_upload_can_be_reset_in_the_middle(s3: S3Server) -> None:
    with (
        proxy_before(s3.endpoint, Rule(dropped(after=1000))) as proxy,
        pytest.raises(httpx.TransportError),
    ):
        httpx.put(f"{proxy.url}/x/a", content=BODY * 40)
    assert proxy.spoiled == 1


def test_answers_are_cut_and_dripped_and_drowned(s3: S3Server) -> None:
    """As a client sees it: a broken body, a whole one, one without end."""
    rules = [Rule(cut, times=1), Rule(trickled(0), times=1), Rule(flooded(2**20), times=1)]
    with proxy_before(s3.endpoint, *rules) as proxy:
        with pytest.raises(httpx.TransportError):
            httpx.get(proxy.url)
        dripped, drowned = httpx.get(proxy.url), httpx.get(proxy.url)
    assert dripped.content == httpx.get(s3.endpoint).content
    assert len(drowned.content) >= 2**20
