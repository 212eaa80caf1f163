"""The Python client: report to a hub, look things up, ask an edge.

    from hanse.client import EdgeClient, HubClient

    with HubClient("https://hub.example", key) as hub:
        done = hub.report("hxxp://pay-lotus[.]example/login", note="asks for the PIN")
        for found in hub.indicators(q="pay-lotus.example"):
            print(found["value"], found["state"])

    with EdgeClient("http://127.0.0.1:8441") as edge:
        print(edge.check("http://pay-lotus.example/login")["verdict"])

Small on purpose: one method per deed, plain JSON values out, `Refused` when the
other side says no. Requests that may be repeated carry an idempotency key, so that
a broken connection never reports twice.
"""

from hanse.client.edge import EdgeClient
from hanse.client.hub import HubClient
from hanse.client.problem import Refused

__all__ = ["EdgeClient", "HubClient", "Refused"]
