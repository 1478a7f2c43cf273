"""A hundred products that share what their maker has in common.

Run: ``python examples/reuse/flyweight_products.py``.
"""

import copy
import pickle

from heirloom.reuse import flyweight, flyweight_stats


@flyweight
class Maker:
    """What all products of one maker share."""

    __slots__ = ("country", "name", "terms")

    def __init__(self, name: str, country: str = "DE") -> None:
        self.name, self.country, self.terms = name, country, f"terms of {name}: " + "x" * 10_000


class Product:
    """What differs, and the shared part."""

    def __init__(self, serial: int, maker: str) -> None:
        self.serial, self.maker = serial, Maker(maker)


products = [Product(serial, ("Acme", "Bolt")[serial % 2]) for serial in range(100)]
print(f"{len(products)} products, {flyweight_stats(Maker).live} makers")
assert flyweight_stats(Maker).live == 2
assert products[0].maker is products[98].maker is Maker(name="Acme")
assert pickle.loads(pickle.dumps(products[1].maker)) is copy.deepcopy(products[1].maker) is products[1].maker
products.clear()
assert flyweight_stats(Maker).live == 0
