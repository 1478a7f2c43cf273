"""Cases that fail today, each with its reason; one that begins to pass must leave this list."""

KNOWN = {
    "running-notebook-builder-redefined": "spurious: the former definition's entry is not found",
}
