"""What all screens stand on: page, components, charts, language, session.

A screen gives values and a template; this room makes of them a page that looks
and behaves like every other one. It knows nothing of members, claims or
payments, and touches no database.
"""
