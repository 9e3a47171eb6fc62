"""Runs a command and writes what it took: `python timed.py RESULT.json COMMAND ARGUMENT...`.

A process of its own and as small as can be: Linux counts the memory of the process that starts a
command into the command's peak, and the benchmark itself holds whole datasets.
"""

import json
import os
import sys
import time


def main() -> int:
    """The exit code of the command; times in seconds, the peak of resident memory in bytes."""
    result, *command = sys.argv[1:]
    begin = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    taken = {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
    }
    with open(result, "w", encoding="utf-8") as file:  # noqa: PTH123 pathlib takes memory
        json.dump(taken, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
