"""A hundred thousand labels of ten categories, as one object each.

Run: ``python examples/reuse/interned_labels.py``.
"""

from heirloom.reuse import intern, intern_all

NAMES = ("oak", "elm", "ash", "fir", "yew", "pine", "beech", "birch", "maple", "cedar")
# As a reader of files makes them: each its own object.
labels = ["".join(("category ", NAMES[number % 10])) for number in range(100_000)]

column = intern_all(labels)
print(f"{len(labels)} labels of {column.distinct} categories")
print(f"{column.bytes_before / 1e6:.1f} MB before, {column.bytes_after} bytes after, {column.bytes_saved / 1e6:.1f} MB saved")
assert column.values == labels
assert len(set(map(id, column.values))) == 10
assert intern("category " + NAMES[3]) is column.values[3]
