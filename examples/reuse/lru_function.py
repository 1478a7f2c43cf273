"""A function behind a cache: with a bound, without one, and cleared.

Run: ``python examples/reuse/lru_function.py``.
"""

import heirloom


@heirloom.lru_cache(maxsize=2)
def square(n: int) -> int:
    """Work out a square, and say so."""
    print(f"  working out {n} squared")
    return n * n


@heirloom.cache
def fibonacci(n: int) -> int:
    """Add the two before, which stand in the same cache."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


for number in (3, 4, 3, 5, 4):
    print(f"{number} squared = {square(number)}")
print(square.cache_info())
assert square.cache_info().misses == 4, "3, 4, 5, and 4 again, which had to go for 5"

print(f"fibonacci(90) = {fibonacci(90)}")
assert fibonacci.cache_info().misses == 91
fibonacci.cache_clear()
assert fibonacci.cache_info().currsize == 0
