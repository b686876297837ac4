"""`/widget.js`, the loader that websites name, and the modules it loads: `/widget/<version>/panel.js`.

The version is a digest of all modules and texts, put into the loader as it is sent. A module's address changes with
what it says, so it may be kept for good; under any other version it is the current one, for loaders that a browser
kept and for servers that change one after the other, and has to be asked about each time. All are packed here and not
by a middleware, which would pack streams too.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from chat.appearance import texts

# An address that never changes has to be asked about now and then; what is fresh is told by its ETag.
LOADER_KEPT = "public, max-age=300, stale-while-revalidate=86400"
FOR_GOOD = "public, max-age=31536000, immutable"
# What the chat consists of, in the order of static/widget.js; the others are loaded where they are needed.
PARTS = ("panel", "talk", "message", "markdown", "server", "dom", "style")
_ADDRESS = b'"/widget/-"'
_FOR_READERS = re.compile(rb"^ *//.*\n|^ +", re.MULTILINE)  # lines that are comments alone, and indents


@dataclass(frozen=True)
class _File:
    plain: bytes
    packed: bytes
    etag: str


@dataclass(frozen=True)
class _Widget:
    version: str
    loader: _File
    modules: Mapping[str, _File]


def _file(content: bytes) -> _File:
    return _File(content, gzip.compress(content, 9, mtime=0), f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def _words(language: str) -> bytes:
    return f"export default {json.dumps(texts.load()[language], ensure_ascii=False)};\n".encode()


@lru_cache(maxsize=1)
def _made(loader: Path, modules: tuple[Path, ...], changed: tuple[float, ...]) -> _Widget:
    contents = {path.stem: _FOR_READERS.sub(b"", path.read_bytes()) for path in modules}
    contents |= {f"words/{language}": _words(language) for language in texts.load()}
    version = hashlib.sha256(b"\0".join(contents[name] for name in sorted(contents))).hexdigest()[:10]
    sent = _FOR_READERS.sub(b"", loader.read_bytes()).replace(_ADDRESS, f'"/widget/{version}"'.encode())
    return _Widget(version, _file(sent), {name: _file(content) for name, content in contents.items()})


def _current() -> _Widget:
    loader = settings.BASE_DIR / "static" / "widget.js"
    modules = tuple(sorted((settings.BASE_DIR / "static" / "widget").glob("*.js")))
    return _made(loader, modules, tuple(path.stat().st_mtime for path in (loader, *modules)))


def addresses(language: str) -> list[str]:
    """Of all that the chat consists of, for a page that will need it at once."""
    version = _current().version
    return [f"/widget/{version}/{name}.js" for name in (*PARTS, f"words/{language}")]


@require_safe
def loader(request: HttpRequest) -> HttpResponseBase:
    return _sent(request, _current().loader, LOADER_KEPT)


@require_safe
def module(request: HttpRequest, version: str, name: str) -> HttpResponseBase:
    """For every website: a browser reads a module of another origin only where it is allowed to. A try after a failure
    is marked behind a dot."""
    widget = _current()
    if name not in widget.modules:
        raise Http404
    kept = FOR_GOOD if version.partition(".")[0] == widget.version else "no-cache"
    answer = _sent(request, widget.modules[name], kept)
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _sent(request: HttpRequest, found: _File, kept: str) -> HttpResponse:
    answer: HttpResponse
    if found.etag in request.headers.get("If-None-Match", ""):
        answer = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(found.packed, content_type="text/javascript; charset=utf-8")
        answer["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(found.plain, content_type="text/javascript; charset=utf-8")
    answer["Content-Length"] = str(len(answer.content))
    answer["ETag"] = found.etag
    answer["Cache-Control"] = kept
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer
