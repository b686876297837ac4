"""Calls that a new key can make at once, ready to be copied: in the shell, in Python, in JavaScript."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from apikeys.enums import Scope

BOT = "YOUR-BOT-ID"

# What a key of this scope alone can be tried with.
_READS: dict[str, str] = {
    Scope.BOTS_READ: "/v1/tenant/bots/",
    Scope.DATASETS_READ: "/v1/tenant/datasets/",
    Scope.CHAT_READ: "/v1/tenant/conversations",
    Scope.ANALYTICS_READ: "/v1/tenant/usage",
}

_CURL_ASK = """\
export PARLEY_KEY='ak_live_…'

curl {host}/v1/chat/efficient \\
  -H "Authorization: Bearer $PARLEY_KEY" -H "Content-Type: application/json" \\
  -d '{{"bot_id": "{bot}", "message": "What is your shipping policy?"}}'
"""
_PYTHON_ASK = """\
import json, os, urllib.request

request = urllib.request.Request(
    "{host}/v1/chat/efficient",
    data=json.dumps({{"bot_id": "{bot}", "message": "What is your shipping policy?"}}).encode(),
    headers={{"Authorization": f"Bearer {{os.environ['PARLEY_KEY']}}", "Content-Type": "application/json"}},
)
answer = json.load(urllib.request.urlopen(request))
print(answer["message"]["content"])
for source in answer["citations"]:
    print(source["number"], source["document_title"], source["quote"])
"""
_SCRIPT_ASK = """\
// On your server. A key in a web page belongs to everybody who opens it.
const response = await fetch("{host}/v1/chat/efficient", {{
  method: "POST",
  headers: {{ Authorization: `Bearer ${{process.env.PARLEY_KEY}}`, "Content-Type": "application/json" }},
  body: JSON.stringify({{ bot_id: "{bot}", message: "What is your shipping policy?" }}),
}});
const answer = await response.json();
console.log(answer.message.content, answer.citations);
"""
_CURL_READ = """\
export PARLEY_KEY='ak_live_…'

curl {host}{path} -H "Authorization: Bearer $PARLEY_KEY"
"""
_PYTHON_READ = """\
import json, os, urllib.request

request = urllib.request.Request("{host}{path}", headers={{"Authorization": f"Bearer {{os.environ['PARLEY_KEY']}}"}})
print(json.load(urllib.request.urlopen(request)))
"""
_SCRIPT_READ = """\
// On your server. A key in a web page belongs to everybody who opens it.
const response = await fetch("{host}{path}", {{ headers: {{ Authorization: `Bearer ${{process.env.PARLEY_KEY}}` }} }});
console.log(await response.json());
"""


@dataclass(frozen=True, slots=True)
class Snippet:
    language: str
    text: str


def of(scopes: Collection[str], *, host: str, bot: str = "") -> list[Snippet]:
    """A question to a bot where the key may talk, else a read that it may do, else who it is."""
    if Scope.CHAT_WRITE in scopes:
        texts, values = (_CURL_ASK, _PYTHON_ASK, _SCRIPT_ASK), {"bot": bot or BOT}
    else:
        path = next((path for scope, path in _READS.items() if scope in scopes), "/v1/auth/me")
        texts, values = (_CURL_READ, _PYTHON_READ, _SCRIPT_READ), {"path": path}
    names = ("curl", "Python", "JavaScript")
    return [Snippet(name, text.format(host=host, **values).strip()) for name, text in zip(names, texts, strict=True)]
