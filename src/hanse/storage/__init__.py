"""PostgreSQL plumbing: the embedded server, transactions, migrations.

Knows nothing of any domain. What a domain asks of PostgreSQL stands in that
domain's `store.py`.
"""
