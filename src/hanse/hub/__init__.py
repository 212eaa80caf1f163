"""The association's process: everything below, put together behind one address.

`settings` is read once; `app` puts the routers together; `access` finds out who
asks; `problems` turns refusals into answers; `admitting` are the deeds that change
both who is in and what they hear. No rule of a domain lives here.
"""
