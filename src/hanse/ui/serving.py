"""The Litestar side of pages: files, answers, and the switch of language or theme.

What a process mounts: `static_handler` for the closed list of files, `page_answer`
around every page, and `switch_preferences` as a `before_request` hook. It decides
nothing: headers, files and preferences are decided in their own modules.
"""

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from hanse.ui.assets import Assets, own_assets
from hanse.ui.cookies import SetCookie
from hanse.ui.headers import asset_headers, page_headers
from hanse.ui.page import ASSET_PREFIX
from hanse.ui.preferences import Preferences, find_switch, read


def static_handler(
    *, is_https: bool, assets: Assets | None = None, prefix: str = ASSET_PREFIX
) -> HTTPRouteHandler:
    """Serves `/static/NAME.HASH.EXT` from memory; any other address is not found."""
    listed = assets or own_assets()
    headers = asset_headers(is_https=is_https)

    @get(f"{prefix}{{address:str}}", include_in_schema=False, sync_to_thread=False)
    def static_file(request: Request[Any, Any, Any]) -> Response[bytes]:
        asset = listed.find(request.path_params["address"])
        if asset is None:
            return Response(b"", status_code=404, media_type="text/plain")
        if "gzip" in request.headers.get("accept-encoding", ""):
            gzipped = headers | {"content-encoding": "gzip"}
            return Response(asset.gzipped, headers=gzipped, media_type=asset.media_type)
        return Response(asset.plain, headers=headers, media_type=asset.media_type)

    return static_file


def page_answer(
    page: bytes,
    *,
    is_https: bool,
    status: int = 200,
    set_cookies: tuple[SetCookie, ...] = (),
) -> Response[bytes]:
    """A rendered page with all the headers a page needs."""
    answer = Response(
        page,
        status_code=status,
        headers=page_headers(is_https=is_https),
        media_type="text/html",
    )
    return _with_cookies(answer, set_cookies)


def redirect(
    location: str, *, is_https: bool, set_cookies: tuple[SetCookie, ...] = ()
) -> Response[bytes]:
    """After a deed: the browser fetches `location`, so reloading repeats nothing."""
    headers = page_headers(is_https=is_https) | {"location": location}
    return _with_cookies(Response(b"", status_code=303, headers=headers), set_cookies)


def preferences_of(request: Request[Any, Any, Any]) -> Preferences:
    """How the person who asks wants to see pages."""
    return read(request.cookies, request.headers.get("accept-language", ""))


def find_preference_switch(
    request: Request[Any, Any, Any], *, is_https: bool
) -> Response[bytes] | None:
    """If the address asks for another language or theme: the answer that does it.

    For `before_request`; only pages that are read (`GET`) are looked at.
    """
    if request.method != "GET" or request.headers.get("hx-request"):
        return None
    query = [(k, str(v)) for k, v in request.query_params.multi_items()]
    switch = find_switch(request.scope["path"], query, is_https=is_https)
    if switch is None:
        return None
    return redirect(switch.location, is_https=is_https, set_cookies=switch.set_cookies)


def _with_cookies(
    answer: Response[bytes], set_cookies: tuple[SetCookie, ...]
) -> Response[bytes]:
    for cookie in set_cookies:
        answer.set_cookie(
            key=cookie.name,
            value=cookie.value,
            max_age=cookie.max_age_seconds,
            secure=cookie.is_secure,
            httponly=cookie.is_http_only,
            samesite="lax",
        )
    return answer
