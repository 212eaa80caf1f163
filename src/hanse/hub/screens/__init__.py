"""The hub's screens: server-rendered pages over the same deeds as the REST.

Handlers are thin: they call a deed, pick a template, and answer. What surrounds
every page is built in `desk`. Nothing here decides who may see what, and nothing
speaks SQL or HTTP to ourselves.
"""
