"""Cases that fail today, each with its reason; one that begins to pass must leave this list."""

KNOWN = {
    "value-shared-member": "stale: containers count by value, not by which members are one object",
    "running-notebook-builder-redefined": "spurious: the former definition's entry is not found",
}
