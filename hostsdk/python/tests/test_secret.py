"""A client's token is shown by nothing: neither by the client itself, nor by what a server sends back."""

from __future__ import annotations

import json
import logging
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from fake import FakeServer
from gonfalon import Gonfalon, State
from gonfalon.admin import Admin, ApiError
from gonfalon.secret import Secret
from watcher import QUICK, Watcher

TOKEN = "gfn_sdk_0123456789abcdef"


def shown(thing: object, depth: int = 0) -> str:
    """What printing an object's attributes, and theirs, shows. A debugger that digs in the libraries' own objects sees more."""
    if depth == 2:
        return ""
    attributes = vars(thing).values() if hasattr(thing, "__dict__") else ()
    return repr(thing) + repr(attributes) + "".join(shown(value, depth + 1) for value in attributes)


def test_a_client_shows_no_token(server: FakeServer) -> None:
    with Gonfalon(server.url, TOKEN, **QUICK) as flags:
        assert TOKEN not in shown(flags)
    with Admin(server.url, TOKEN) as admin:
        assert TOKEN not in shown(admin)


@pytest.mark.parametrize("how", ["title", "reason", "type"])
def test_what_a_server_sends_back_is_shown_without_the_token(how: str, caplog: pytest.LogCaptureFixture) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = self.headers["Authorization"]
            problem = {"title": f"what is\n{told}?", "detail": told.upper(), "more": [{"told": told}]}
            body = json.dumps(problem).encode() if how == "title" else b""
            self.send_response(200 if how == "type" else 401, told if how == "reason" else None)
            self.send_header("Content-Type", told if how == "type" else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{http.server_port}"
        with caplog.at_level(logging.DEBUG, "gonfalon"), Gonfalon(url, TOKEN, ready_within=0, **QUICK) as flags:
            watcher = Watcher(flags)
            watcher.until(lambda: flags.state is State.ERROR)
            error = flags.stats.last_error
        told = ""
        if how != "type":
            with Admin(url, TOKEN) as admin, pytest.raises(ApiError) as refused:
                admin.get_flag(env="default", key="a")
            told = f"{refused.value} {refused.value.problem}"
        http.shutdown()
    assert error is not None and "Bearer …" in error and "\n" not in error
    assert TOKEN not in (error + caplog.text + told).lower()


def test_a_secret_hides_itself_and_cuts_what_is_long() -> None:
    secret = Secret(TOKEN)
    assert repr(secret) == str(secret) == "Secret(…)"
    assert secret.hide("x" * 490 + TOKEN) == "x" * 490 + "…"
    assert secret.hide(f"{TOKEN.upper()} {TOKEN}") == "… …"
    assert Secret("the").hide("the end") == "the end"
    assert secret.hide("x" * 2000) == "x" * 500 + "…"
    assert secret.hide("one\r\ntwo\x1b[31m") == "one  two [31m"
