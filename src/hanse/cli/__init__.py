"""`hanse ...`: one file per command group, imported only when it is called.

A command file parses what was typed, opens what the deed needs, calls it and prints
the answer; it decides nothing.
"""
