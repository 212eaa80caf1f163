"""The one ordered feed, and who may hear what stands in it."""
