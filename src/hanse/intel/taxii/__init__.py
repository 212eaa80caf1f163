"""TAXII 2.1 (OASIS Standard, 10 June 2021), the whole of it, read and write.

Read it in this order: `addresses` says which resource a path names, `media` and
`asking` read headers and the query string, `resources` are the standard's JSON
objects, `positions` the `next` tokens. These are pure. `catalogue` knows the API
roots and collections and who may do what with them; `reading`, `contributing` and
`removing` are the deeds behind GET, POST and DELETE; `answers` turns a question
into one of these; `rest` is the door. `seeding` fills a new hub.

What a caller may neither read nor write does not exist for it. Everything is
computed from objects it may see; `feed.sharing` alone decides which these are.
"""
