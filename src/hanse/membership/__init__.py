"""Who is in: the alliance, its members, their people, keys, edges, circles and brands.

Read it in this order: `rights` and `caller` say what somebody who asks may do, and
every deed here is handed a caller; `member` and `admission` are a company's way in
and out; `people`, `sessions` and `keys` are how a person or a machine is known;
`circles` and `brands` are what members share of themselves. Who may *see* a thing is
decided a floor above, in `feed.sharing`.
"""
