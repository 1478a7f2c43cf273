"""Cases that fail today, each with its reason; one that begins to pass must leave this list."""

KNOWN = {
    "nested-cached-same-content": "spurious: the inner builder's code counts for the outer one",
    "class-cached-on-class": "error: cached() refuses a class",
    "value-shared-member": "stale: containers count by value, not by which members are one object",
    "dynamic-plugins-by-listing": "spurious: a listing beside byte-code caches",
    "input-linecache": "stale: taken for a traceback's reading",
    "input-nested-early-cut-off": "spurious: the inner builder's inputs count for the outer one",
    "running-global-deleted": "stale: a name that goes and comes back",
    "running-notebook-builder-redefined": "spurious: the former definition's entry is not found",
}
