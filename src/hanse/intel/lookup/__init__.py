"""Looking things up: search, one indicator, its relations, the overview.

Everything here is computed only from rows whose audience the viewer may see; what
a viewer may not see does not change a count, an order or a page. Nothing is
written, and no relation is stored: relations are computed on read, with bounds.
"""
