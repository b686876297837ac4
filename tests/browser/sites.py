"""Other people's websites: a little server on a loopback address of its own, with the pages that a test puts there."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>A shop</h1><p><a href="/second">Another page</a></p></main>{script}</body></html>"""


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), _Handler)
        self.address = address
        self.headers: dict[str, str] = {}
        self.script = ""
        self.body = PAGE
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://{self.address}:{self.server_address[1]}"

    def shows(
        self, bot: str, *, at: str, headers: dict[str, str] | None = None, body: str = PAGE, more: str = ""
    ) -> str:
        """Every page has the widget of this bot from now on; answers the address of one."""
        self.script = f'<script src="{at}/widget.js" data-bot="{bot}" {more} async></script>'
        self.headers, self.body = headers or {}, body
        return f"{self.origin}/"

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.server.body.replace("{script}", self.server.script).encode()
        self.send_response(200 if self.path in {"/", "/second"} else 404)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **self.server.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Nothing."""
