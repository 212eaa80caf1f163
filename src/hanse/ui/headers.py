"""The headers every page carries: what a browser may load, frame, keep.

Nothing inline and nothing from elsewhere: a value a member reported can be shown
on a page without any chance of being run. Chart and graph libraries set styles
through the CSS object model, which the policy allows.
"""

CONTENT_SECURITY_POLICY = "; ".join(
    f"{directive} {sources}"
    for directive, sources in {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }.items()
)

_PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "camera",
        "geolocation",
        "microphone",
        "payment",
        "usb",
        "browsing-topics",
    )
)

_TWO_YEARS_SECONDS = 63_072_000


def page_headers(*, is_https: bool) -> dict[str, str]:
    """For every page and fragment: never kept by a cache, never framed.

    Pages differ by cookie (language, theme) and by whether htmx asks, so `vary`
    says so to whatever stands in between.
    """
    headers = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "permissions-policy": _PERMISSIONS_POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
        "vary": "Cookie, Accept-Language, HX-Request",
    }
    if is_https:
        headers["strict-transport-security"] = f"max-age={_TWO_YEARS_SECONDS}"
    return headers


def asset_headers(*, is_https: bool) -> dict[str, str]:
    """For files whose address holds their hash: kept for a year, never asked again."""
    headers = {
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "vary": "Accept-Encoding",
    }
    if is_https:
        headers["strict-transport-security"] = f"max-age={_TWO_YEARS_SECONDS}"
    return headers
