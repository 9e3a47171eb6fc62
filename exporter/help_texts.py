"""What `--help` says of each command, with an example; lines fit 80 columns."""

from __future__ import annotations

RUN = """\
Exports every settled period that ended within the last
COLLECTION_LOOKBACK_HOURS, each report's latest settled period if it is
missing, and, with JOB_BACKFILL_DAYS, the missing periods of those days. Safe
to repeat: what has not changed is not written again.

example:
  PROMETHEUS_URL=http://localhost:9090 CONFIG_PATH=./config OUTPUT_DIR=./out \\
    infer-focus run
"""
BACKFILL = """\
Exports every period inside [start, end). Dates or RFC 3339 times, on the edge
of a period.

example:
  infer-focus backfill --start 2026-10-01 --end 2026-11-01 --missing-only
"""
EXPORT = """\
Computes FOCUS rows from the source and writes them to stdout; needs no
destination.

example, the spend by namespace:
  infer-focus export focus --period 2026-10 |
    awk -F, 'NR>1 {by_ns[$29]+=$1} END {for (n in by_ns) print n, by_ns[n]}'
"""
CHECK = """\
Says before the first run what works: one line for each thing a run needs, and
below each failure what to change. Writes nothing. With SOURCE_FILE the time
is that of its newest sample.

Exit code: 0 everything a run needs is there (warnings allowed), 3 something
is missing without which periods fail or cost nothing, 4 the source or the
destination cannot be used, 2 the configuration is wrong.

example:
  infer-focus check
"""
VALIDATE = """\
Checks Parquet and CSV files that are already written, by this program or any
other, against the rules of FOCUS that data can show. PATH is a file, a folder
with everything below it, or s3://bucket/prefix (access as for S3_BUCKET). The
version of a file is that of its folder (version=focus-1.3), else of its
Parquet footer, else the one whose columns fit best.

Exit code: 0 no rule of level error is broken, 3 one is or a file cannot be
read, 2 there is nothing to check, 4 the bucket cannot be used.

example:
  infer-focus validate infer-focus-demo/focus
"""
SCHEMA = """\
Prints the columns that are written: as a table, as FOCUS metadata (json), or
as SQL that makes the files a table of Athena (AWS Glue) or a view of DuckDB.
What no flag says is taken from FOCUS_VERSION, FOCUS_EXTENSION_PREFIX,
S3_FORMAT, and S3_BUCKET or OUTPUT_DIR with S3_PREFIX. No network.

example, after infer-focus demo:
  infer-focus schema --format duckdb --location infer-focus-demo/focus/ |
    duckdb costs.duckdb
"""
REPORT = """\
Adds up rows that are already exported, of one or more clusters, and says what
teams and models cost, what pools idled, how budgets stand and what the same
tokens would cost in a cloud. Nothing is computed anew: every figure is a sum
of rows. Reads the destination of the settings or --location, in any layout;
budgets and cloud prices are those of CONFIG_PATH, if there are documents.

Exit code: 0 all was read, 3 some object could not be read (the report names
what is missing), 2 there are no rows or the arguments are wrong, 4 the place
cannot be used.

examples:
  infer-focus report --period last-month --by namespace,model --compare
  infer-focus report --period 2026-10 --format html --out october.html
  infer-focus report --period 2026-10 --namespace 'search-*' --by model
"""
RULES = """\
Prints recording rules and alerts for live monitoring, made from the
CostProfiles and TokenBudgets of CONFIG_PATH: costs per hour by pod,
namespace, team, model and pool, idle cost, GPUs held, utilization, power,
tokens, and the cost of a million tokens and of a request. Needs no source, no
destination and no network.

Alerts on budgets need what runs push (PUSHGATEWAY_URL, as it is set for the
runs) or a Prometheus that keeps a whole month: --retention says how long it
does. Whether the export itself still succeeds is told by what it pushes, else
by its CronJob in kube-state-metrics.

example:
  infer-focus rules --namespace monitoring --retention 31d | kubectl apply -f -
"""
DEMO = """\
Runs the whole job on sample data that comes with the package, into
./infer-focus-demo/, and shows what it made. No network.

example:
  infer-focus demo
"""
