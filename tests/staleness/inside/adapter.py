"""Heirloom as a case's project uses it: the decorator as documented, with a store of the case's own."""

import os

import heirloom

cached = heirloom.cached(store=os.environ["STALE_STORE"])
