"""A walk over the dashboard by its own links, and what a page tells of itself while it is there."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urldefrag, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from django.urls import resolve
from playwright.sync_api import CDPSession, ConsoleMessage, Dialog, Error, Page, Request, Response

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SETTLE_MS = 2_000  # at the most

# Layout shifts, and policy violations, from the first moment on.
WATCH = """
window.told = {shift: 0, blocked: []};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.told.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
document.addEventListener("securitypolicyviolation", (event) => {
  window.told.blocked.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""
LINKS = "() => [...document.querySelectorAll('a[href]:not([download])')].map((a) => a.href)"
# Links to parts of the page that are not there: pages that were never made.
NOWHERE = """() => [...document.querySelectorAll('[href^="#"], [action^="#"], [hx-get^="#"], [hx-post^="#"]')]
  .flatMap((each) => ['href', 'action', 'hx-get', 'hx-post'].map((name) => each.getAttribute(name)))
  .filter((name) => name?.startsWith('#') && name !== '#' && !document.getElementById(name.slice(1)))"""
AXE = """async ([tags, rules]) => {
  const only = rules.length ? {type: "rule", values: rules} : {type: "tag", values: tags};
  const found = await axe.run(document, {resultTypes: ["violations"], runOnly: only});
  return found.violations.map((each) => [each.id, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]);
}"""


@dataclass
class Watcher:
    """Everything that a page does while it is looked at; `begin` forgets what was."""

    page: Page
    host: str
    caching: bool = False  # else every page is a first visit
    bytes: int = 0
    dialogs: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    open: set[Request] = field(default_factory=set)

    def __post_init__(self) -> None:
        page = self.page
        page.on("dialog", self._asked_aloud)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("requestfailed", self._broke)
        page.on("requestfinished", self._came)
        network: CDPSession = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Network.setCacheDisabled", {"cacheDisabled": not self.caching})
        network.on("Network.loadingFinished", self._loaded)

    def _asked_aloud(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _said(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            self.console.append(said.text)

    def begin(self) -> None:
        self.bytes = 0
        self.open.clear()
        for kept in (self.dialogs, self.console, self.failed, self.foreign):
            kept.clear()

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def _asked(self, request: Request) -> None:
        if request.resource_type != "eventsource":
            self.open.add(request)
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != self.host:
            self.foreign.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.failed.append(f"{response.status} {response.url}")

    def _came(self, request: Request) -> None:
        self.open.discard(request)

    def _broke(self, request: Request) -> None:
        self.open.discard(request)
        if "ERR_ABORTED" not in (request.failure or ""):  # what a page asked for while it was left
            self.failed.append(f"{request.failure} {request.url}")

    def go(self, address: str) -> Response | None:
        """There, and until what it asks for has come. `None` where the address is a file to keep."""
        self.begin()
        try:
            answer = self.page.goto(address, wait_until="load")
        except Error as error:
            if "Download is starting" in str(error):
                return None
            raise
        self.settle()
        return answer

    def settle(self) -> None:
        for _ in range(SETTLE_MS // 50):
            self.page.wait_for_timeout(50)
            if not self.open:
                return


def axe(page: Page, *, rules: Sequence[str] = ()) -> list[Any]:
    """What stands against the rules of WCAG, or against these alone."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[Any] = page.evaluate(AXE, [RULES, rules])
    return found


def name_of(address: str) -> str:
    """The page's name in the table of addresses, whatever ids and filters the address has."""
    return str(resolve(urlsplit(address).path).url_name)


def walk(root: str, look: Callable[[str], list[str]], *, most: int) -> Iterator[str]:
    """Breadth first from the overview on; at most so many addresses of a page with the same filters."""
    waiting, known, times = deque([root]), {root}, Counter[str]()
    while waiting:
        address = waiting.popleft()
        kind = f"{name_of(address)}?{'&'.join(sorted(parse_qs(urlsplit(address).query)))}"
        times[kind] += 1
        if times[kind] > most:
            continue
        yield address
        for link in look(address):
            target = urldefrag(link).url
            if target.startswith(root) and target not in known:
                known.add(target)
                waiting.append(target)
