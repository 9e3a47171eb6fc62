"""What hostile or broken input can be, and what it leads to; see test_hostile_….py."""

from __future__ import annotations

from functools import partial

from tests.faults.fault import Fault

_BEFORE = "what was there before; nothing was attempted"
_WRITES = "writes every period, once the input is mended"
_ALL = "every period"
_NO_NEED = "nothing to repair"

_refused = partial(Fault, group="input", code=2, after=_BEFORE, next_run=_WRITES)
_taken = partial(Fault, group="input", code=0, next_run=_NO_NEED)

#: Names that others choose.
NAMES = (
    _taken(
        "hostile-labels",
        happens="namespaces, pods, models and label values that are formulas, markup, paths, "
        "PromQL, control characters, NUL, 10 kB long, or look alike",
        message="backfill finished",
        after="every period: each name with its own tokens and cost, as text and nothing else",
    ),
    _taken(
        "hostile-clusters",
        happens="the same as names of clusters",
        message="backfill finished",
        after="every period, each cluster under keys of its own below the prefix",
    ),
    _taken(
        "hostile-reports",
        happens="the same as names of reports, as far as a document may hold them",
        message="backfill finished",
        after="every period, each report under keys of its own below the prefix",
    ),
)

#: Documents that are not read, each with the words of its fault.
DOCUMENTS = (
    _refused(
        "yaml-bomb",
        happens="aliases of aliases of aliases (billion laughs)",
        message="line 1: the document holds more than 100000 values, its aliases written out",
    ),
    _refused(
        "yaml-loop",
        happens="an alias that refers to itself",
        message="line 1: the alias refers to itself",
    ),
    _refused(
        "yaml-values",
        happens="millions of values in one document",
        message="more than 100000 values, split it into several files",
    ),
    _refused(
        "large-document",
        happens="a file of 50 MB among the documents",
        message="is larger than 10 MiB, split it into several files",
    ),
    _refused(
        "deep-document",
        happens="lists in lists, a million deep",
        message="is nested too deeply",
    ),
    _refused(
        "same-key-twice",
        happens="a key that is given twice",
        message='line 4: the key "gpuCount" is given twice, keep one',
    ),
    _refused(
        "tab",
        happens="a tab where blanks belong",
        message="not readable as YAML (found character '\\t' that cannot start any token)",
    ),
    _refused(
        "latin-1",
        happens="a document that is not UTF-8",
        message="is not UTF-8 text (byte 37), save it as UTF-8",
    ),
    _refused(
        "python-tag",
        happens="a tag that would run code (!!python/object)",
        message="could not determine a constructor for the tag "
        "'tag:yaml.org,2002:python/object/apply:os.system'",
    ),
    _refused(
        "wrong-type",
        happens="a number in quotes",
        message='spec.hardware.gpuCount: got "8", expected a whole number from 1 to 1000000',
    ),
    _refused(
        "infinite",
        happens="a price of .inf",
        message="spec.hardware.purchasePriceUSD: got inf, expected a number from 0 to 1e12",
    ),
    _refused(
        "exponent",
        happens="a price of 1e999",
        message="spec.hardware.purchasePriceUSD: got inf, expected a number from 0 to 1e12",
    ),
    _refused(
        "date",
        happens="a model whose name is a date to YAML",
        message="spec.hardware.gpuModel: got 2026-03-10, expected a text, put it in quotes",
    ),
    _refused(
        "line-end-in-a-file-name",
        happens="a file whose name holds a line end and a terminal code",
        message='a\\n\\x1b[31m.yaml: document 1: got "a", expected a mapping with a kind',
    ),
)

#: Documents that look odd and are right.
ODD_DOCUMENTS = (
    _taken("bom", happens="a byte order mark", message="backfill finished", after=_ALL),
    _taken("anchors", happens="anchors and merges", message="backfill finished", after=_ALL),
    _taken("json", happens="the same as JSON", message="backfill finished", after=_ALL),
)

#: Dumps in place of a server.
DUMPS = (
    _refused(
        "dump-of-something-else",
        happens="a dump with a line that is no sample",
        message="line 3: a sample without its time: 'DROP TABLE'",
    ),
    _refused(
        "dump-cut",
        happens="a dump that ends within a line",
        message="ends within a line, so it was cut; write it again, the last line is `# EOF`",
    ),
    _refused(
        "dump-not-utf-8",
        happens="a label value that is not UTF-8",
        message="line 2: 'utf-8' codec can't decode byte 0xff in position 7",
    ),
    _refused(
        "dump-broken-gzip",
        happens="a .gz file that is none",
        message="dump.om.gz cannot be read: zlib inflate failed: incorrect header check",
    ),
)

#: Settings, by what is set.
SETTINGS = (
    _refused(
        "token-over-http",
        happens="a token, a password or a key in a header for a server at http://",
        message="the credentials would go over the network unencrypted; use https://, or set "
        "PROMETHEUS_ALLOW_PLAINTEXT_AUTH=true to allow that",
    ),
    _refused(
        "user-in-address",
        happens="user and password in PROMETHEUS_URL",
        message="PROMETHEUS_URL: expected the http:// or https:// address of the server without "
        "/api/v1, user, password and query",
    ),
    _refused(
        "number-too-large",
        happens="a setting of 1e999",
        message='PROMETHEUS_TIMEOUT_SECONDS: got "1e999", expected a number of seconds above 0',
    ),
)

FAULTS = (*NAMES, *DOCUMENTS, *ODD_DOCUMENTS, *DUMPS, *SETTINGS)
