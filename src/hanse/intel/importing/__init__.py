"""Imports of many values: previewed before they are sent, worked off in pieces.

`intel.imports` reads rows from text; here they are judged against defaults, shown,
and reported: at once when they are few, by a job of the hub when they are many.
"""
