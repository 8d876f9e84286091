"""Several requests at once, never more than a few, and none after the first that failed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

from mip_sdk.progress import UNHEARD, Stretch

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item], at_once: int, progress: Stretch = UNHEARD) -> list[Result]:
    """``work`` of each item, in the order of the items. The first fault ends it: what has not begun never does.

    ``progress`` is told how many are done, from the threads that do them.
    """
    done = count(1)

    def counted(item: Item) -> Result:
        result = work(item)
        progress.reached(next(done), len(items))
        return result

    pool = ThreadPoolExecutor(at_once, thread_name_prefix="images")
    try:
        return list(pool.map(counted, items))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
