"""How many threads the linear algebra of an audit may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def half_the_cores() -> Iterator[None]:
    """At most half of the cores, and one at least.

    Its matrices are many and small: more threads gain little, and where other programs are busy they wait for each
    other far longer than they compute.
    """
    with threadpool_limits(max(1, (os.cpu_count() or 1) // 2), user_api="blas"):
        yield
