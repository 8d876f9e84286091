"""Several requests at once, never more than a few, and none after the first that failed."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item], at_once: int) -> list[Result]:
    """``work`` of each item, in the order of the items. The first fault ends it: what has not begun never does."""
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="images")
    try:
        return list(pool.map(work, items))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
