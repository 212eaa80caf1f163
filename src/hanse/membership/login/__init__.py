"""How a person proves who they are: password, second factor, session.

`passwords`, `totp` and `throttle` each know one thing; `sessions` is how they come
together.
"""
