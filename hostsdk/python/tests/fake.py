"""A control plane as far as clients see it, with every way of misbehaving that a test needs."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flagset import delta, frame, identity, position
from gonfalon.abi import SNAPSHOT_FORMAT

HEARTBEAT = b"event: heartbeat\ndata:\n\n"
END = b""


@contextlib.contextmanager
def held(port: int) -> Iterator[None]:
    """Keeps the port of a server that is away from being given to another program. Whoever asks for this very port gets it."""
    with socket.socket() as holder:
        if sys.platform == "linux":  # elsewhere nobody could listen there
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", port))
        yield


class FakeServer:
    """Serves one environment. ``requests`` gets (path, headers) of each request, ``usage`` the flags of each report that has
    some, ``hosts`` the host of each."""

    def __init__(self, snapshot: bytes, port: int = 0) -> None:
        self.snapshot = snapshot
        self.status = 200  # of every answer
        self.streams_status = 200
        self.usage_status = 204
        self.headers: dict[str, str] = {}
        self.supersedes = False  # what clients have, as a server does that was taken back
        self.redirect: str | None = None  # where every request is sent
        self.greets = True  # with the snapshot or a heartbeat, when a stream is opened
        self.requests: queue.Queue[tuple[str, dict[str, str]]] = queue.Queue()
        self.usage: queue.Queue[dict[str, Any]] = queue.Queue()
        self.hosts: queue.Queue[dict[str, Any]] = queue.Queue()
        self.hold: threading.Event | None = None  # what the answer to the next report waits for
        self.holds: Callable[[dict[str, Any]], bool] = lambda report: True  # whether that is such a report
        self.older = False  # it knows neither hosts nor what flags were
        self._streams: list[queue.Queue[bytes]] = []
        self._opened = threading.Semaphore(0)
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                fake._get(self)

            def do_POST(self) -> None:
                fake._post(self)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: Any) -> None:
                pass  # a client that went away

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def publish(self, snapshot: bytes, whole: bool = False) -> None:
        """Changes the snapshot, and tells the streams."""
        old, self.snapshot = self.snapshot, snapshot
        kind, data = ("snapshot", snapshot) if whole else ("delta", delta(old, snapshot))
        self.send(frame(kind, data, position(snapshot)))

    def send(self, event: bytes) -> None:
        """Writes bytes to every open stream."""
        with self._lock:
            for stream in self._streams:
                stream.put(event)

    def cut(self) -> None:
        """Ends every open stream."""
        self.send(END)

    def await_stream(self) -> None:
        """Waits until the next stream is open."""
        assert self._opened.acquire(timeout=10)

    def next_request(self, ending: str) -> dict[str, str]:
        """The headers of the next request whose path ends so."""
        while True:
            path, headers = self.requests.get(timeout=10)
            if path.split("?")[0].endswith(ending):
                return headers

    def close(self) -> None:
        self.cut()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> FakeServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.put((request.path, {name.lower(): value for name, value in request.headers.items()}))
        path, _, query = request.path.partition("?")
        if path.endswith(("/snapshot", "/stream")) and query != f"formats={SNAPSHOT_FORMAT}":
            self._answer(request, 406, b"")
            return
        if self.status != 200 or request.headers.get("Authorization") != "Bearer token":
            self._answer(request, self.status if self.status != 200 else 401, b'{"title": "No"}')
        elif path.endswith("/snapshot") and not self.snapshot:
            self._answer(request, 503, b"")
        elif path.endswith("/snapshot"):
            tag = f'"{identity(self.snapshot)}"'
            if request.headers.get("If-None-Match") == tag:
                self._answer(request, 304, b"")
            else:
                self._answer(request, 200, self.snapshot, {"ETag": tag, **self._superseding(request)})
        elif path.endswith("/stream") and self.streams_status == 200:
            self._stream(request)
        else:
            self._answer(request, self.streams_status if path.endswith("/stream") else 404, b"")

    def _stream(self, request: BaseHTTPRequestHandler) -> None:
        events: queue.Queue[bytes] = queue.Queue()
        with self._lock:
            if self.greets:
                here = position(self.snapshot)
                current = request.headers.get("Last-Event-ID") == here
                events.put(HEARTBEAT if current else frame("snapshot", self.snapshot, here))
            self._streams.append(events)
        self._opened.release()
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        for name, value in self._superseding(request).items():
            request.send_header(name, value)
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        try:
            while (event := events.get()) != END:
                request.wfile.write(event)
                request.wfile.flush()
        finally:
            with self._lock:
                self._streams.remove(events)

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        report = json.loads(body)
        hold = None
        if self.hold is not None and self.holds(report):
            hold, self.hold = self.hold, None
        if self.usage_status < 300:
            if self.older and ("host" in report or any("on" in flag for flag in report["flags"].values())):
                self._answer(request, 400, b"")
                return
            if report["flags"]:
                self.usage.put(report["flags"])
            if "host" in report:
                self.hosts.put(report["host"])
        if hold is not None:
            hold.wait()
        self._answer(request, self.usage_status, b"")

    def _superseding(self, request: BaseHTTPRequestHandler) -> dict[str, str]:
        named = request.headers.get("Last-Event-ID") or request.headers.get("X-Gonfalon-Position")
        return {"X-Gonfalon-Supersedes": named} if self.supersedes and named else {}

    def _answer(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        request.send_response(status)
        for name, value in {**self.headers, **(headers or {})}.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
