"""Addresses in an answer that lead elsewhere, made harmless; pure.

In: a piece of an answer and what it may point at. Out: the piece, in which nothing that a Markdown or HTML renderer
would fetch or link leads elsewhere: an image becomes its alternative text, a link its text, an address its host. No
span of code is believed to be one, since renderers differ in where they end. What closes up around something removed
is looked at again, until nothing changes. What points nowhere foreign stays as it is.
"""

from __future__ import annotations

import html
import re

from chat.turn.checks import hosts
from chat.turn.checks.hosts import Hosts

ROUNDS = 20
# Whether anything in a text is worth a look.
_WORTH = re.compile(r"[<&\\]|\]\s*[(:]|://|//|www\.|(?:script|data|mailto|xmpp|blob|file)\s*:|^[(:]", re.IGNORECASE)

_RUN = re.compile(r"[^\s<]*(?:&#?\w{1,32};?|\\[!-/:-@\[-`{-~])\S*")
_TOLD = re.compile(r"[a-z][a-z0-9+.-]*:|//|www\.", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")

_AUTOLINK = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*|[\w.+-]+@[\w.-]+)>")
_COMMENT = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)([^>]*)>")
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_OPENED = re.compile(r"<(?=[a-zA-Z/!?])")
_PLAIN = "b i u s em strong br hr p ul ol li sub sup code pre kbd del ins mark small blockquote"

_DESTINATION = r"(?:<([^<>\n]*)>?|((?:[^\s()\\]|\\.|\((?:[^\s()]|\([^\s()]*\))*\))*))"
_INLINE = re.compile(
    r"\]\([ \t]*\n?[ \t]*" + _DESTINATION + r"([ \t\n]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[ \t\n]*(\)?)"
)
_DEFINITION = re.compile(r"(?:\[[^\[\]]{0,200}\])?(?<=\]):[ \t]*\n?[ \t]*(?:<([^<>\n]*)>|(\S+))")
_BARE = re.compile(r"(?:(?:https?|ftps?|wss?|file|blob)\s?:[/\\]{1,}|www\.(?=[\w-]))[^\s<>\"'`|]*", re.IGNORECASE)
_UNSCHEMED = re.compile(r"(?<![\w:/.])[/\\]{2}(?=[\w-]+\.)[^\s<>\"'`()|\]]*")
_RUNS = re.compile(r"\b(javascript|vbscript|livescript|data|mailto|xmpp|tel)\s*:(?=\S)", re.IGNORECASE)
_TRAILS = re.compile(r"[.,;:!?)\]}*_。，！？）」]+\Z")
_BRACKET_LIMIT = 500


def clean(text: str, *, hosts: Hosts) -> str:
    """`text` with nothing foreign left in it that a renderer would follow."""
    if not _WORTH.search(text):
        return text
    for _ in range(ROUNDS):
        cleaned = _once(text, hosts)
        if cleaned == text:
            return text
        text = cleaned
    return re.sub(r"[<>\[\]()]|[:/\\]{2,}|www\.", " ", text)  # somebody nests on purpose


def _once(text: str, may: Hosts) -> str:
    text = _RUN.sub(lambda run: _decoded(run[0], may), text)
    text = _COMMENT.sub("", text)
    text = _AUTOLINK.sub(lambda found: found[0] if _may(found[1], may) else _said(found[1]), text)
    text = _TAG.sub(_tag, text)
    text = _OPENED.sub(lambda found: "<" if _closes(text, found.start()) else "< ", text)
    text = _inline(text, may)
    text = _DEFINITION.sub(lambda found: found[0] if may.may_link(_address(found)) else "", text)
    text = _BARE.sub(lambda found: _bare(found[0], may), text)
    text = _UNSCHEMED.sub(lambda found: hosts.host(f"https:{found[0]}"), text)
    return _RUNS.sub(lambda found: _spaced(found, text, may), text)


def _decoded(run: str, may: Hosts) -> str:
    """What is written in entities or escapes, where they hide an address or a tag."""
    plain = html.unescape(_ESCAPE.sub(r"\1", run))
    hidden = _TOLD.findall(plain) != _TOLD.findall(run)
    return plain if hidden and not may.may_link(plain) else run


def _may(address: str, may: Hosts) -> bool:
    return may.may_link(address if ":" in address else f"mailto:{address}")


def _said(address: str) -> str:
    return hosts.host(address) if "://" in address else address.rpartition(":")[2]


def _closes(text: str, at: int) -> bool:
    """Whether a tag or an address in brackets that may stay begins here; any other might be closed by what comes."""
    return bool(_TAG.match(text, at) or _AUTOLINK.match(text, at))


def _tag(found: re.Match[str]) -> str:
    """Kept where it only forms the text; an image says what it shows."""
    if _AUTOLINK.fullmatch(found[0]):
        return found[0]
    name, rest = found[2].lower(), found[3].strip(" /\n\t")
    if not rest and (name in _PLAIN_TAGS or name not in _ELEMENTS):
        return found[0]
    if name in {"img", "image"}:
        alt = _ALT.search(rest)
        return next((said for said in alt.groups() if said), "") if alt else ""
    return "" if name in _ELEMENTS or "=" in rest else f"< {found[0][1:]}"


def _inline(text: str, may: Hosts) -> str:
    """Links and images, from the first on, since one may stand in the text of another."""
    at = 0
    while (found := _INLINE.search(text, at)) is not None:
        begin = _opening(text, found.start())
        image = begin > 0 and text[begin - 1] == "!"
        address = _address(found)
        allowed = may.may_show(address) if image else may.may_link(address)
        if found[4] and allowed:
            at = found.end()
            continue
        if not found[4] and allowed:  # what comes after might close it
            text = f"{text[: found.start() + 1]} {text[found.start() + 1 :]}"
            at = found.start() + 2
            continue
        text = _as_text(text, begin, found, image=image)
        at = 0
    return text


def _as_text(text: str, begin: int, found: re.Match[str], *, image: bool) -> str:
    if begin < 0:
        return text[: found.start() + 1] + text[found.end() :]
    said = text[begin + 1 : found.start()]
    kept = f"[{said}]" if said.isdigit() else said  # a mark stays one
    return text[: begin - image] + kept + text[found.end() :]


def _opening(text: str, closing: int) -> int:
    """Where the bracket that closes here was opened, or -1."""
    depth = 0
    for at in range(closing, max(-1, closing - _BRACKET_LIMIT), -1):
        depth += {"]": 1, "[": -1}.get(text[at], 0)
        if not depth:
            return at
    return -1


def _address(found: re.Match[str]) -> str:
    written = found[1] if found[1] is not None else found[2] or ""
    return html.unescape(_ESCAPE.sub(r"\1", written)).strip()


def _bare(written: str, may: Hosts) -> str:
    trail = _TRAILS.search(written)
    address, after = (written[: trail.start()], trail[0]) if trail else (written, "")
    if written.lower().startswith("www."):
        return (
            written
            if may.may_link(f"https://{address}") or may.may_link(f"http://{address}")
            else written[4:].split("/")[0]
        )
    return written if may.may_link(address) else hosts.host(address.replace("\\", "/")) + after


def _spaced(found: re.Match[str], text: str, may: Hosts) -> str:
    address = re.match(r"[^\s<>\"'`()]*", text[found.start() :])
    return found[0] if address and may.may_link(_TRAILS.sub("", address[0])) else f"{found[1]}: "


_OTHERS = """
a abbr address animate applet area article aside audio base basefont bdi bdo bgsound body button canvas caption
center cite col colgroup command content data datalist dd details dfn dialog dir div dl dt element embed
fieldset figcaption figure font footer foreignobject form frame frameset h1 h2 h3 h4 h5 h6 head header html
iframe image img input isindex keygen label legend link listing main map marquee math menu meta meter multicol
nav nextid nobr noembed noframes noscript object optgroup option output param picture plaintext portal progress
q rp rt ruby samp script section select set shadow slot source spacer span strike style summary svg table tbody
td template textarea tfoot th thead time title tr track tt use var video wbr xmp
"""
_PLAIN_TAGS = frozenset(_PLAIN.split())
_ELEMENTS = _PLAIN_TAGS | frozenset(_OTHERS.split())
