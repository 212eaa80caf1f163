"""STIX 2.1 read, judged and made: pure functions, no input or output, no clock.

`validate` says what is wrong with an object and where; `patterns` reads and
writes the patterns of indicators; `markings` knows the traffic lights; `making`
builds the objects Hanse itself publishes. Bytes that came in are never altered:
what was told is kept as it was told, and only judged here.

Nothing in here reaches PostgreSQL, so that an edge may use all of it.
"""
