# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Doing the next pieces of work in threads while the caller uses the last one."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = max(2, min(4, os.cpu_count() or 2))


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
            for item in items:
                queue.append((item, pool.submit(work, item)))
                if len(queue) >= waiting:
                    first, future = queue.popleft()
                    yield first, future.result
            while queue:
                first, future = queue.popleft()
                yield first, future.result
        finally:
            for _, future in queue:
                future.cancel()
