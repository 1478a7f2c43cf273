"""A registry whose entries vanish with their last holder.

Run: ``python examples/reuse/weak_registry.py``.
"""

from heirloom.reuse import WeakValueCache


class Texture:
    """A picture, dear to load."""

    def __init__(self, name: str) -> None:
        print(f"  loading {name}")
        self.pixels = bytearray(1 << 20)


textures: WeakValueCache[str, Texture] = WeakValueCache()


def load(name: str) -> Texture:
    """Return the texture that others hold, or load it."""
    return textures.get_or_create(name, lambda: Texture(name))


scene = [load("grass"), load("stone"), load("grass")]
print(f"{len(scene)} things on the scene, {len(textures)} textures")
assert scene[0] is scene[2]
print(f"grass was asked for again {textures.uses('grass')} times")

del scene[1]
print(f"left: {list(textures)}")
assert "stone" not in textures
scene.clear()
assert len(textures) == 0
print(textures.stats())
