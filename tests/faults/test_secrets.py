"""Secrets are sent to whom they are for, and said to nobody else."""

from __future__ import annotations

import argparse
import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest

from exporter.arguments import parser
from exporter.errors import ConfigurationError
from exporter.settings import Settings, find_settings, load_settings
from exporter.settings.model import FILES_OF_SECRETS, SECRETS
from tests.certificates import self_signed
from tests.e2e.job import Ended, infer_focus
from tests.e2e.test_validate import DEMO
from tests.faults.echo import BUCKET, Way, echo_server
from tests.faults.measured import note

#: Every setting that is a secret, and those of AWS, which its libraries read by themselves.
TOKEN, PASSWORD = "tok-3n-of-the-test", "pass-w0rd-of-the-test"
HEADER, KEY_ID, KEY = "head-3r-of-the-test", "AKIAOFTHETEST00000000", "s3cr3t/k3y+of+the+test"
PUSHED, SESSION = "push-w0rd-of-the-test", "sess10n-of-the-test"
PLANTED = (TOKEN, PASSWORD, HEADER, KEY_ID, KEY, PUSHED, SESSION)
DAY = ("--start", "2026-10-01", "--end", "2026-10-01T02:00:00Z")
PLACE = ("--location", f"s3://{BUCKET}/focus/")
#: How servers fail, and which commands meet them there.
WAYS: tuple[Way, ...] = ("401", "400", "500", "302", "page", "warning", "empty")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "run": ("run",),
    "backfill": ("backfill", *DAY),
    "export": ("export", "focus", "--period", "2026-10-01"),
    "check": ("check",),
    "validate": ("validate", f"s3://{BUCKET}/focus/"),
    "report": ("report", "--period", "2026-10-01", *PLACE),
    "rules": ("rules",),
    "schema": ("schema", "--format", "athena"),
}


def hidden_forms() -> Iterator[str]:
    """What gives a secret away: itself, and what basic authentication makes of it."""
    yield from PLANTED
    for pair in (f"user:{PASSWORD}", f"pusher:{PUSHED}"):
        yield base64.b64encode(pair.encode()).decode()


def assert_hidden(*texts: str | bytes) -> None:
    for text in texts:
        content = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        assert not [secret for secret in hidden_forms() if secret in content], content


def said_by(run: Ended) -> tuple[str, str]:
    return run.stdout, run.stderr


def access(way: str, host: str, folder: Path) -> dict[str, str]:
    """A server for everything, asked with a token or with a password; the latter from files."""
    settings = {
        "CONFIG_PATH": DEMO["CONFIG_PATH"],
        "CLUSTER_NAME": "demo",
        "PROMETHEUS_URL": f"http://{host}",
        "PROMETHEUS_MAX_RETRIES": "0",
        "PROMETHEUS_HEADERS": json.dumps({"X-Api-Key": HEADER}),
        "PUSHGATEWAY_URL": f"http://pusher:{PUSHED}@{host}",
        "S3_BUCKET": BUCKET,
        "S3_REGION": "us-east-1",
        "S3_ENDPOINT_URL": f"http://{host}",
        "S3_ADDRESSING_STYLE": "path",
        "AWS_MAX_ATTEMPTS": "1",
        "LOG_LEVEL": "debug",
    }
    if way == "token":
        aws = {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_SESSION_TOKEN": SESSION,
        }
        return {**settings, **aws, "PROMETHEUS_BEARER_TOKEN": TOKEN}
    for name, secret in (("p", PASSWORD), ("i", KEY_ID), ("k", KEY)):
        (folder / name).write_text(f"{secret}\n")
    return {
        **settings,
        "PROMETHEUS_USERNAME": "user",
        "PROMETHEUS_PASSWORD_FILE": str(folder / "p"),
        "S3_ACCESS_KEY_ID_FILE": str(folder / "i"),
        "S3_SECRET_ACCESS_KEY_FILE": str(folder / "k"),
    }


#: Which command meets which server, with which credentials; together each meets each.
MEETINGS = [
    *((command, "401", credentials) for command in COMMANDS for credentials in ("token", "basic")),
    *(("backfill", way, credentials) for way in WAYS[1:] for credentials in ("token", "basic")),
    *(("check", way, "token") for way in WAYS[1:]),
]


@pytest.mark.parametrize("way", WAYS)
def test_no_command_says_a_secret_that_a_server_repeats(way: Way, tmp_path: Path) -> None:
    """Error texts, pages, redirects and warnings are shown, without what we sent."""
    tried = 0
    with echo_server(way) as (host, heard):
        for command, of, credentials in MEETINGS:
            if of != way:
                continue
            settings = access(credentials, host, tmp_path)
            out = tmp_path / f"out-{tried}"
            if way != "401":  # the source is asked first, and then there is no S3 to say no
                own = {name: text for name, text in settings.items() if not name.startswith("S3")}
                settings = {**own, "OUTPUT_DIR": str(out)}
            run = infer_focus(*COMMANDS[command], env=settings)
            assert_hidden(*said_by(run))
            assert_hidden(*(path.read_bytes() for path in out.rglob("*") if path.is_file()))
            assert "Traceback" not in run.stderr
            tried += 1
    assert tried
    assert any(HEADER in said for said in heard)
    note(f"secrets sought, {way}", commands=tried, secrets=len(PLANTED))


@pytest.mark.parametrize("way", ["401", "500"])
def test_no_run_says_a_secret_that_a_pushgateway_repeats(way: Way, tmp_path: Path) -> None:
    with echo_server(way) as (host, heard):
        settings = {**DEMO, "OUTPUT_DIR": str(tmp_path), "LOG_LEVEL": "debug"}
        settings["PUSHGATEWAY_URL"] = f"http://pusher:{PUSHED}@{host}"
        run = infer_focus("run", env=settings)
    assert "metrics were not pushed" in run.stderr
    assert base64.b64encode(f"pusher:{PUSHED}".encode()).decode() in "".join(heard)
    assert_hidden(*said_by(run))


def test_a_refused_connection_says_no_secret(tmp_path: Path) -> None:
    for credentials in ("token", "basic"):
        run = infer_focus("run", env=access(credentials, "127.0.0.1:9", tmp_path))
        assert run.code == 4
        assert_hidden(*said_by(run))


def test_no_help_and_no_text_of_the_settings_says_a_secret(tmp_path: Path) -> None:
    settings = access("token", "127.0.0.1:9", tmp_path)
    assert_hidden(*said_by(infer_focus("--help", env=settings)))
    assert_hidden(*said_by(infer_focus("run", "--help", env=settings)))
    for credentials in ("token", "basic"):
        loaded = load_settings(access(credentials, "127.0.0.1:9", tmp_path), needs_destination=True)
        assert_hidden(repr(loaded), str(loaded), repr(loaded.model_dump()))
        assert_hidden(loaded.model_dump_json())


def test_no_refused_value_of_a_secret_is_shown() -> None:
    """Whatever is wrong with it; from a file too, and in the object of the error."""
    for name in sorted(SECRETS):
        found = find_settings({name: f"{TOKEN}\x07{PASSWORD}"}, needs_destination=False)
        assert any(fault.startswith(f"{name}: ") for fault in found.faults), name
        assert_hidden(*found.faults, repr(found))
    with pytest.raises(ConfigurationError) as raised:
        load_settings({"PROMETHEUS_URL": f"https://u:{PASSWORD}@h"}, needs_destination=False)
    assert_hidden(repr(raised.value), *raised.value.faults)


def test_secrets_are_all_known_and_have_a_variable_for_a_file() -> None:
    assert {*SECRETS} == {
        "PROMETHEUS_BEARER_TOKEN",
        "PROMETHEUS_PASSWORD",
        "PROMETHEUS_HEADERS",
        "S3_ACCESS_KEY_ID",
        "S3_SECRET_ACCESS_KEY",
        "PUSHGATEWAY_URL",
    }
    assert set(FILES_OF_SECRETS.values()) == SECRETS


def flags(command: argparse.ArgumentParser) -> Iterator[str]:
    """Every option and argument of a command and of those below it."""
    for action in command._actions:
        yield from (*action.option_strings, action.dest, str(action.metavar or ""))
        if isinstance(action, argparse._SubParsersAction):
            yield from chain.from_iterable(map(flags, action.choices.values()))


def test_no_argument_takes_credentials() -> None:
    """They would stand in the list of processes and in the history of a shell."""
    words = ("token", "password", "secret", "credential", "user", "auth", "header", "access")
    found = set(flags(parser()))
    assert {"--location", "--shard"} <= found
    assert not [flag for flag in found for word in words if word in flag.lower()]
    names = {name.lower().replace("_", "-") for name in SECRETS}
    assert names.isdisjoint(flag.lstrip("-") for flag in found)


@pytest.mark.parametrize("host", ["prometheus", "10.0.0.1", "monitoring.svc", "[fd00::1]"])
@pytest.mark.parametrize(
    "credentials",
    [
        {"PROMETHEUS_BEARER_TOKEN": TOKEN},
        {"PROMETHEUS_USERNAME": "user", "PROMETHEUS_PASSWORD": PASSWORD},
        {"PROMETHEUS_HEADERS": json.dumps({"authorization": HEADER})},
        {"PROMETHEUS_HEADERS": json.dumps({"X-Api-Key": HEADER})},
        {"PROMETHEUS_HEADERS": json.dumps({"private_token": HEADER})},
        {"PUSHGATEWAY_URL": f"http://pusher:{PUSHED}@gateway"},
    ],
    ids=["token", "password", "authorization", "key", "private token", "pushgateway"],
)
def test_no_credentials_go_over_plain_http_unless_told_to(
    credentials: dict[str, str], host: str
) -> None:
    plain = {"PROMETHEUS_URL": f"http://{host}:9090", **credentials}
    with pytest.raises(ConfigurationError) as raised:
        load_settings(plain, needs_destination=False)
    (fault,) = raised.value.faults
    assert "PROMETHEUS_ALLOW_PLAINTEXT_AUTH=true" in fault
    assert_hidden(fault)
    load_settings({**plain, "PROMETHEUS_ALLOW_PLAINTEXT_AUTH": "true"}, needs_destination=False)
    if "PUSHGATEWAY_URL" not in credentials:
        loopback = ("http://localhost:9090", "http://127.0.0.1", "http://[::1]")
        for safe in (f"https://{host}", *loopback):
            load_settings({**plain, "PROMETHEUS_URL": safe}, needs_destination=False)


@pytest.mark.parametrize("header", ["X-Team", "X-Scope-Org", "Monkey", "X-Keyboard"])
def test_other_headers_may_go_over_plain_http(header: str) -> None:
    headers = json.dumps({header: "ml"})
    load_settings(
        {"PROMETHEUS_URL": "http://prometheus:9090", "PROMETHEUS_HEADERS": headers},
        needs_destination=False,
    )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path_factory.mktemp("tls")))
    return context


def test_nobody_is_told_anything_before_the_certificate_is_good(
    tls: ssl.SSLContext, tmp_path: Path
) -> None:
    """Of Prometheus, S3 and the Pushgateway, with nothing set: verifying is the default."""
    assert Settings.model_fields["prometheus_tls_verify"].default is True
    with echo_server("empty", tls) as (host, heard):
        settings = access("basic", host, tmp_path)
        urls = {n: t.replace("http:", "https:") for n, t in settings.items() if n.endswith("_URL")}
        secure = {**settings, **urls}
        own = {name: text for name, text in secure.items() if not name.startswith("S3")}
        asked = infer_focus("run", env={**own, "OUTPUT_DIR": str(tmp_path / "out")})
        assert (asked.code, "PROMETHEUS_CA_FILE" in asked.stderr) == (4, True), asked.stderr
        assert "metrics were not pushed" in asked.stderr
        source = {name: text for name, text in secure.items() if not name.startswith("PROM")}
        stored = infer_focus("backfill", *DAY, env={**source, **DEMO})
        assert stored.code == 4, stored.stderr
        assert "CERTIFICATE_VERIFY_FAILED" in stored.stderr
    assert heard == []
    assert_hidden(*said_by(asked), *said_by(stored))
