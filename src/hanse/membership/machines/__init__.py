"""How a machine is known: its key, and the edge it may be part of."""
