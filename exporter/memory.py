"""How the process takes memory from the system, and how soon it gives it back."""

from __future__ import annotations

import ctypes
import os

#: Options of mallopt in glibc's malloc.h: how many arenas threads may have, and from how many
#: unused bytes at the end of the heap on these are given back.
_M_ARENA_MAX, _M_TRIM_THRESHOLD = -8, -1
_ARENAS, _TRIMMED_BYTES = 2, 128 * 1024


def be_sparing() -> None:
    """Keep less memory that nobody uses; to be called before threads start and pyarrow is imported.

    Answers of some megabytes come and go in several threads: each arena of malloc, and pyarrow's
    own pool beside it, would keep the most it ever held. Elsewhere than on glibc nothing happens.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return
    mallopt(_M_ARENA_MAX, _ARENAS)
    mallopt(_M_TRIM_THRESHOLD, _TRIMMED_BYTES)
