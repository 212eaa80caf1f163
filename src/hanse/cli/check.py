"""`hanse check URL...`: ask the edge of this machine, and say so by the exit status.

    0   everything may be opened
    1   something is blocked
    2   nothing is blocked, something is to be watched
    64  something could not be read, or nobody could be asked

It asks the running edge over HTTP; if none runs, it reads the edge's store and says
that it did. `--edge URL` with HANSE_EDGE_KEY asks an edge elsewhere.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import typer

from hanse.base import clock
from hanse.base.errors import Refusal
from hanse.edge import applying, keys, policy, serving
from hanse.edge.checking import Checker, StoreLookup, read_asked
from hanse.edge.link import Link, LinkState
from hanse.edge.local import Local
from hanse.edge.problem import of_refusal
from hanse.edge.settings import Settings, from_environment
from hanse.edge.status import position_of

app = typer.Typer(add_completion=False)

BLOCKED, WATCHED, FAILED = 1, 2, 64
_MAX_ITEMS = 1_000


class NobodyAnswers(Refusal):
    """No edge answers, and there is no store to read."""

    code = "check.nobody_answers"


@app.command()
def check(
    asked: Annotated[
        list[str],
        typer.Argument(help="URLs, domains, addresses, hashes; - reads lines."),
    ],
    data: Annotated[
        Path | None, typer.Option(help="The edge's folder [env: HANSE_EDGE_DATA].")
    ] = None,
    edge: Annotated[
        str, typer.Option(help="Ask the edge at this URL [env: HANSE_EDGE_URL].")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """May these be opened? Exit status 0 yes, 1 blocked, 2 watch, 64 not known."""
    texts = _texts(asked)
    try:
        answer = _ask(texts, data, edge)
    except Refusal as refusal:
        print(f"hanse: {refusal.message}", file=sys.stderr)
        raise typer.Exit(FAILED) from refusal
    if json:
        print(msgspec.json.encode(answer).decode())
    else:
        _print(texts, answer)
    raise typer.Exit(_exit_status(answer["results"]))


def _texts(asked: list[str]) -> list[str]:
    if asked != ["-"]:
        return asked
    return [line.strip() for line in sys.stdin if line.strip()]


def _ask(texts: list[str], data: Path | None, url: str) -> dict[str, Any]:
    settings = from_environment(os.environ)
    if data is not None:
        settings = replace(settings, data=data)
    url = url or os.environ.get("HANSE_EDGE_URL", "")
    if url:
        return _over_http(texts, url.rstrip("/"), os.environ.get("HANSE_EDGE_KEY", ""))
    running = serving.find(settings.data)
    if running is not None:
        try:
            return _over_http(texts, running.url, _key_of(settings))
        except httpx.ConnectError:
            pass  # it was killed; its store is still there
    return _from_store(texts, settings)


def _key_of(settings: Settings) -> str:
    try:
        return (settings.data / keys.FILE).read_text().strip()
    except OSError:
        return os.environ.get("HANSE_EDGE_KEY", "")


def _over_http(texts: list[str], url: str, key: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    results: list[Any] = []
    answer: dict[str, Any] = {}
    with httpx.Client(headers=headers, timeout=30) as client:
        for start in range(0, len(texts), _MAX_ITEMS):
            some = texts[start : start + _MAX_ITEMS]
            answer = _post(client, url, [_item(text) for text in some])
            results += answer["results"]
    return {**answer, "results": results}


def _post(client: httpx.Client, url: str, items: list[Any]) -> dict[str, Any]:
    try:
        response = client.post(f"{url}/v1/check", json={"items": items})
    except httpx.ConnectError:
        raise
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NobodyAnswers(
            f"The edge at {url} does not answer ({type(error).__name__})."
        ) from error
    if not response.is_success:
        try:
            said = str(response.json().get("detail", ""))
        except ValueError:
            said = ""
        raise NobodyAnswers(
            f"The edge at {url} refused: {said or f'status {response.status_code}'}"
        )
    found: dict[str, Any] = response.json()
    return found


def _item(text: str) -> dict[str, str]:
    try:
        asked = read_asked(text)
    except Refusal:
        return {"url": text}  # the edge says what is wrong with it
    return {"kind": asked.kind.value, "value": asked.value}


def _from_store(texts: list[str], settings: Settings) -> dict[str, Any]:
    if not settings.store.exists():
        raise NobodyAnswers(
            f"No edge runs here and there is none in the folder {settings.data}. Join "
            "with `hanse edge join CODE`, or name an edge with --edge URL."
        )
    now = clock.now()
    local = Local(settings.store, is_read_only=True)
    try:
        watch = policy.Watch(local, settings.data).changed()
        assert watch is not None  # the first look always finds something
        checker = Checker(StoreLookup(local), local, watch, clock=now.timestamp)
        link = Link(LinkState.STOPPED, now, "no edge runs here")
        position = position_of(applying.standing(local), link, now)
        results = [_checked(checker, text) for text in texts]
    finally:
        local.close()
    return {"results": results, "position": msgspec.to_builtins(position)}


def _checked(checker: Checker, text: str) -> Any:
    try:
        found = checker.check(text)
        return {
            "verdict": found.verdict.value,
            "score": found.score,
            "reasons": msgspec.to_builtins(found.reasons),
            "matched": msgspec.to_builtins(found.matched),
            "claims": msgspec.to_builtins(found.claims),
        }
    except Refusal as refusal:
        return {"error": msgspec.to_builtins(of_refusal(refusal))}


def _exit_status(results: list[Any]) -> int:
    verdicts = {result.get("verdict", "error") for result in results}
    for verdict, status in (("block", BLOCKED), ("error", FAILED), ("watch", WATCHED)):
        if verdict in verdicts:
            return status
    return 0


def _print(texts: list[str], answer: dict[str, Any]) -> None:
    for text, result in zip(texts, answer["results"], strict=True):
        if "error" in result:
            print(f"error  {text}\n       {result['error']['detail']}")
            continue
        score = f"  (score {result['score']})" if result["matched"] else ""
        print(f"{result['verdict']:5}  {text}{score}")
        for reason in result["reasons"]:
            print(f"       {reason['text']}")
    position = answer["position"]
    age = position["age_seconds"]
    heard = "never heard from the hub" if age is None else f"heard {age:.0f} s ago"
    print(f"position: log of {position['size']}, {heard}, hub {position['hub']}")
