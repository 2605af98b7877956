# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Doing the next pieces of work in threads while the caller uses the last one."""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = max(2, min(4, os.cpu_count() or 2))
GIVE_BACK_EVERY = 40


def ahead(
    work: Callable[[Item], Result], items: Iterable[Item], workers: int = WORKERS, waiting: int | None = None
) -> Generator[tuple[Item, Callable[[], Result]], None, None]:
    """Yield each item, in order, with a callable that gives its result or raises its error; the next ones are under way.

    At most `waiting` results (2 × `workers`) are kept in memory. When the caller stops early, what has not begun is not done, and
    what has begun is waited for: no thread is left behind.
    """
    waiting = 2 * workers if waiting is None else waiting
    queue: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for number, item in enumerate(items, 1):
                queue.append((item, pool.submit(work, item)))
                if number % GIVE_BACK_EVERY == 0:
                    _give_back_memory()
                if len(queue) >= waiting:
                    first, future = queue.popleft()
                    yield first, future.result
            while queue:
                first, future = queue.popleft()
                yield first, future.result
        finally:
            for _, future in queue:
                future.cancel()


def _give_back_memory() -> None:
    """Give freed memory back to the system where the C library keeps it.

    Layers of 6.5 MB, freed among the small things that live on, leave glibc's heap growing by about 5 MB a granule: 27 GB for fifteen years.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, which does not need it
        return
    trim(0)
