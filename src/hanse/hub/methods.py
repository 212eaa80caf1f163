"""Which methods each address knows, for whoever asks with OPTIONS.

Litestar makes such an answer from the first handler of an address and forgets those
that join it later, so it is made here from all of them.
"""

from collections import defaultdict
from collections.abc import Sequence

from litestar import Response, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from hanse.hub.access import OPEN, UNSEEN


def options_handlers(
    handlers: Sequence[ControllerRouterHandler],
) -> list[HTTPRouteHandler]:
    """One answer to OPTIONS for each address of `handlers`; register them first."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for handler in handlers:
        if isinstance(handler, HTTPRouteHandler):
            for path in handler.paths:
                known[path] |= {str(method) for method in handler.http_methods}
    return [_options(path, verbs | {"OPTIONS"}) for path, verbs in known.items()]


def _options(path: str, verbs: set[str]) -> HTTPRouteHandler:
    allow = ", ".join(sorted(verbs))

    @route(
        path,
        http_method=["OPTIONS"],
        opt={**OPEN, **UNSEEN},
        include_in_schema=False,
        sync_to_thread=False,
    )
    def options() -> Response[None]:
        return Response(None, status_code=204, headers={"allow": allow})

    return options
