"""Reporting: paste or upload, see what was understood, send, watch it arrive.

What was typed is kept whatever goes wrong. Up to `AT_ONCE` values are reported in
the request; more become an import whose page may be left and come back to.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import FormMultiDict, UploadFile

from hanse.base.clock import now
from hanse.base.errors import Refusal
from hanse.feed.sharing import Tlp
from hanse.hub.screens import typed as typing_
from hanse.hub.screens.desk import Desk
from hanse.hub.screens.refusals import sentence
from hanse.hub.screens.showing import defanged
from hanse.hub.screens.threats import category_options, kind_options
from hanse.hub.screens.typed import Preview, Typed, Wrong
from hanse.intel.exchange import deeds as exchange
from hanse.intel.importing import deeds as importing
from hanse.intel.importing.deeds import Defaults
from hanse.intel.lookup import reports
from hanse.intel.lookup.reports import Told
from hanse.membership import brands, circles
from hanse.membership.caller import Caller
from hanse.membership.rights import Scope
from hanse.storage.tx import Tx
from hanse.ui.session import FlashTone

# A file of the largest size, deflated badly, in base64, with the form around it.
MAX_FORM_BYTES = 2 * typing_.MAX_UPLOAD_BYTES


@get("/report", include_in_schema=False, sync_to_thread=True)
def report_page(desk: Desk, caller: Caller, value: str = "") -> Response[bytes]:
    """The form, empty or with one value in it."""
    caller.need_member()
    caller.need(Scope.REPORT)
    return _form(desk, caller, Typed(text=value[:2_000]), None, {})


@post("/report/preview", include_in_schema=False)
async def preview(desk: Desk, caller: Caller) -> Response[bytes]:
    """While somebody types: what is understood of the text so far."""
    caller.need(Scope.REPORT)
    form = await desk.request.form()
    return await sync_to_thread(_live, desk, await _typed(form))


@post("/report", include_in_schema=False, request_max_body_size=MAX_FORM_BYTES)
async def report(desk: Desk, caller: Caller) -> Response[bytes]:
    """Preview it, or send it."""
    caller.need_member()
    caller.need(Scope.REPORT)
    form = await desk.request.form()
    try:
        typed = await _typed(form)
    except Refusal as refusal:
        errors: dict[str, str] = {"file": sentence(refusal)}
        return await sync_to_thread(_form, desk, caller, Typed(), None, errors)
    return await sync_to_thread(_go_on, desk, caller, typed, _text(form, "do"))


@get("/report/sent/{report_id:uuid}", include_in_schema=False, sync_to_thread=True)
def sent(desk: Desk, caller: Caller, report_id: UUID) -> Response[bytes]:
    """A report on its way; the part that changes asks for itself again."""
    with desk.database.read() as tx:
        told = reports.get_report(tx, caller, report_id)
    return desk.page(
        "hub/report_sent.html",
        "report",
        told=told,
        rows=[(claim, defanged(claim.observable)) for claim in told.claims[:200]],
        words=dict(category_options(desk)),
        **_arrival(desk, told),
    )


@get(
    "/report/sent/{report_id:uuid}/reach", include_in_schema=False, sync_to_thread=True
)
def reach(desk: Desk, caller: Caller, report_id: UUID) -> Response[bytes]:
    """Which edges have it by now; for htmx."""
    with desk.database.read() as tx:
        told = reports.get_report(tx, caller, report_id)
    return desk.page("hub/arrival.html", told=told, **_arrival(desk, told))


@get("/report/imports/{job_id:uuid}", include_in_schema=False, sync_to_thread=True)
def import_page(desk: Desk, caller: Caller, job_id: UUID) -> Response[bytes]:
    """An import: how far it is, what was not taken."""
    with desk.database.read() as tx:
        job = importing.get_import(tx, caller, job_id)
        refused = importing.refusals(tx, caller, job_id, 200)
    return desk.page("hub/import.html", "report", job=job, refused=refused)


@get(
    "/report/imports/{job_id:uuid}/progress",
    include_in_schema=False,
    sync_to_thread=True,
)
def import_progress(desk: Desk, caller: Caller, job_id: UUID) -> Response[bytes]:
    """The bar alone; for htmx."""
    with desk.database.read() as tx:
        job = importing.get_import(tx, caller, job_id)
    return desk.page("hub/import_progress.html", job=job)


# --- reading the form ------------------------------------------------------------


async def _typed(form: FormMultiDict) -> Typed:
    upload = form.get("file")
    text = _text(form, "text")
    body, name, kept = text.encode(), "", ""
    if isinstance(upload, UploadFile) and upload.filename:
        body = await upload.read(typing_.MAX_UPLOAD_BYTES + 1)
        if len(body) > typing_.MAX_UPLOAD_BYTES:
            raise typing_.UploadTooLarge(
                "the file is larger than a page takes; send it over the REST interface"
            )
        name = upload.filename[:200]
    elif _text(form, "kept") and not text.strip():
        kept, name = _text(form, "kept"), _text(form, "file_name")[:200]
        body = typing_.unkeep(kept)
    if name and not kept:
        kept = typing_.keep(body)
    return Typed(
        body=body,
        text="" if name else text,
        file_name=name,
        kept=kept,
        channel=typing_.channel_of(body, name),
        category=_text(form, "category") or Typed().category,
        confidence=_text(form, "confidence"),
        tlp=_text(form, "tlp") or Typed().tlp,
        circles=tuple(str(circle) for circle in form.getall("circles", [])),
        is_anonymous=_text(form, "anonymous") == "1",
        brand=_text(form, "brand"),
        note=_text(form, "note"),
        valid_days=_text(form, "valid_days"),
    )


def _text(form: FormMultiDict, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


# --- answering -------------------------------------------------------------------


def _live(desk: Desk, typed: Typed) -> Response[bytes]:
    try:
        seen = typing_.understood(typed, typing_.defaults_of(typed, now()))
    except (Refusal, Wrong):
        seen = None
    return desk.page("hub/preview.html", **_shown(desk, typed, seen))


def _go_on(desk: Desk, caller: Caller, typed: Typed, do: str) -> Response[bytes]:
    seen: Preview | None = None
    try:
        defaults = typing_.defaults_of(typed, now())
        seen = typing_.understood(typed, defaults)
        if not typed.body.strip():
            empty = desk.say("Paste at least one value, or choose a file.")
            raise Wrong({"text": empty})
        if do == "send":
            return _send(desk, caller, typed, defaults, seen)
    except Wrong as wrong:
        errors = {name: _wrong(desk, name, text) for name, text in wrong.errors.items()}
        return _form(desk, caller, typed, seen, errors)
    except Refusal as refusal:
        field = "note" if (refusal.pointer or "").endswith("/note") else "text"
        return _form(desk, caller, typed, seen, {field: sentence(refusal)})
    return _form(desk, caller, typed, seen, {})


def _send(
    desk: Desk, caller: Caller, typed: Typed, defaults: Defaults, seen: Preview
) -> Response[bytes]:
    with desk.database.begin() as tx:
        if typed.channel == "bundle":
            return _send_bundle(desk, tx, caller, typed)
        if seen.is_import:
            job = importing.hand_in(
                tx,
                caller,
                typed.body,
                typed.channel,
                defaults=defaults,
                title=typed.file_name,
            )
            return desk.go(f"/report/imports/{job.id}")
        if not seen.taken:
            nothing = desk.say("Nothing of this can be taken; see the reasons below.")
            raise Wrong({"text": nothing})
        if typed.channel == "misp":
            done = exchange.receive_misp(
                tx, caller, typed.body, defaults, typed.file_name
            )
        else:
            rows = importing.read(typed.body, typed.channel)
            understood = list(importing.understand(rows, defaults))
            done = importing.report_rows(
                tx, caller, understood, channel=typed.channel, title=typed.file_name
            )
    return desk.go(f"/report/sent/{done.id}")


def _send_bundle(desk: Desk, tx: Tx, caller: Caller, typed: Typed) -> Response[bytes]:
    typing_.refuse_choices_beside_a_bundle(typed)
    received = exchange.receive_bundle(tx, caller, typed.body)
    if not received.taken and received.failed:
        raise Wrong({"text": received.failed[0].message})
    said = desk.say(
        "%(taken)s objects of the bundle were taken, %(failed)s were not.",
        taken=received.taken,
        failed=len(received.failed),
    )
    tone = FlashTone.NOTE if received.failed else FlashTone.DONE
    return desk.go("/threats?mine=1", said, tone=tone)


def _wrong(desk: Desk, name: str, text: str) -> str:
    _ = desk.say
    known = {
        "confidence": _("Confidence is a whole number from 0 to 100."),
        "valid_days": _("Give a whole number of days, from 1 to 3650."),
        "tlp": _("TLP:RED is for named recipients; choose at least one circle."),
    }
    return known.get(name, text) if text == name else text


def _form(
    desk: Desk,
    caller: Caller,
    typed: Typed,
    seen: Preview | None,
    errors: dict[str, str],
) -> Response[bytes]:
    with desk.database.read() as tx:
        mine = reports.list_reports(tx, caller, limit=8).reports
        jobs = importing.list_imports(tx, caller, 5)
        known = brands.list_brands(tx, caller, limit=500).items
        rounds = circles.list_circles(tx, caller)
    return desk.page(
        "hub/report.html",
        "report",
        status=422 if errors else 200,
        errors=errors,
        mine=mine,
        jobs=[job for job in jobs if job.state in ("waiting", "running")],
        brand_options=[(str(b.id), desk.name(b.name_en, b.name_zh)) for b in known],
        rounds=rounds,
        tlp_options=_tlp_options(desk),
        **_shown(desk, typed, seen),
    )


def _shown(desk: Desk, typed: Typed, seen: Preview | None) -> dict[str, Any]:
    rows = [] if seen is None else list(seen.rows)
    return {
        "typed": replace(typed, body=b""),
        "seen": seen,
        "rows": [(r, defanged(r.draft.observable)) for r in rows if r.draft],
        "kinds": dict(kind_options(desk)),
        "words": dict(category_options(desk)),
        "category_options": category_options(desk),
    }


def _tlp_options(desk: Desk) -> list[tuple[str, str]]:
    _ = desk.say
    return [
        (Tlp.CLEAR.value, _("TLP:CLEAR – anybody may know")),
        (Tlp.GREEN.value, _("TLP:GREEN – the members and their field")),
        (Tlp.AMBER.value, _("TLP:AMBER – the members and their clients")),
        (Tlp.AMBER_STRICT.value, _("TLP:AMBER+STRICT – the members only")),
        (Tlp.RED.value, _("TLP:RED – people of the circles chosen, no machines")),
    ]


def _arrival(desk: Desk, told: Told) -> dict[str, Any]:
    _ = desk.say
    reached = [each.at for each in told.protected if each.at is not None]
    is_over = len(reached) == len(told.protected) or _is_old(told.report.at)
    squares = [
        (_("%(name)s: not yet", name=p.member_name), "warn", "")
        if p.at is None
        else (_("%(name)s: protected", name=p.member_name), "good", "")
        for p in told.protected
    ]
    last = max(reached, default=None)
    seconds = (
        None if last is None else max(0.0, (last - told.report.at).total_seconds())
    )
    return {
        "reached": len(reached),
        "edges": len(told.protected),
        "squares": squares,
        "seconds": seconds,
        "is_over": is_over,
    }


def _is_old(at: datetime) -> bool:
    return (now() - at).total_seconds() > 600


HANDLERS = [
    report_page,
    preview,
    report,
    sent,
    reach,
    import_page,
    import_progress,
]
