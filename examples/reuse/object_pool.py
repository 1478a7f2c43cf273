"""Objects that take 10 ms to make, used a hundred times by four threads.

Run: ``python examples/reuse/object_pool.py``.
"""

import threading
import time

from heirloom.reuse import Pool


class Connection:
    """Slow to open."""

    def __init__(self) -> None:
        time.sleep(0.01)
        self.queries = 0


start = time.perf_counter()
for _ in range(100):
    Connection().queries += 1
print(f"without a pool: {time.perf_counter() - start:.2f} s for 100 queries")

start = time.perf_counter()
pool = Pool(Connection, max_size=4, is_valid=lambda connection: connection.queries < 50, lost_after=60)


def work() -> None:
    """Ask 25 times."""
    for _ in range(25):
        with pool.lend(timeout=60) as connection:
            connection.queries += 1


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"with a pool:    {time.perf_counter() - start:.2f} s")
stats = pool.stats()
print(stats)
assert (stats.made + stats.reused, stats.size <= 4) == (100, True)
