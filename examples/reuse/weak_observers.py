"""Observers that vanish by themselves, and whose errors do not stop the others.

Run: ``python examples/reuse/weak_observers.py``.
"""

from heirloom.reuse import Observers


class Display:
    """Shows the last price."""

    shown = 0.0

    def show(self, price: float) -> None:
        """Take a price over."""
        self.shown = price


errors: list[str] = []
prices: Observers = Observers(on_error=lambda observer, error: errors.append(str(error)))
display = Display()
prices.add(display.show)


def broken(price: float) -> None:
    """Fail, as observers do."""
    raise ValueError(f"cannot bear {price}")


prices.add(broken)
with prices.watch(lambda price: print(f"the price is {price}")):
    assert prices.notify(12.5).called == 3
print(f"shown: {display.shown}; errors: {errors}")
assert (display.shown, errors) == (12.5, ["cannot bear 12.5"])

del display
assert prices.notify(13.0).called == 1, "the display is gone, the watch is over"
