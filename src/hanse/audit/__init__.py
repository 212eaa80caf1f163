"""The log everyone writes: one append-only Merkle tree for the alliance.

Read it in this order: `event` says who did what and gives the bytes of a leaf;
`merkle` grows the tree, and with `multiproof` proves what stands in it;
`checkpoint` signs its size and root; `export` writes it down and `verify` checks
such a file offline. These are pure and go to the edge. `log` and `store` keep the
tree in the hub's database, `rest` hands it out.
"""
