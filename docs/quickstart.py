#!/usr/bin/env python3
"""Set up a complete bot on a running Parley: from a new tenant to a cited answer over the chat API.

    .venv/bin/python docs/quickstart.py --admin-token TOKEN --slug my-shop handbook.pdf faq.txt

Without files it uploads the handbook of the demo shop. Without OPENAI_API_KEY the bot answers through the built-in
provider, which quotes the documents and needs no key. `ProductionBotSetup` can be imported and given any config.
"""

import argparse
import asyncio
import json
import mimetypes
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NotRequired, TypedDict
from urllib.parse import urlsplit

import aiohttp

HANDBOOK = Path(__file__).resolve().parent.parent / "config" / "demo" / "handbook"
BUILTIN_MODEL = "parley-extractive-1"
FILES_AT_ONCE = 10

Json = dict[str, Any]


class DocumentConfig(TypedDict):
    """A document to add: `type` "file" with `path`, or `type` "text" with `title` and `content`."""

    type: str
    path: NotRequired[str]
    title: NotRequired[str]
    content: NotRequired[str]


class SetupConfig(TypedDict):
    """Everything the setup needs to know; each part is sent as it is to the endpoint of its name."""

    tenant: Json
    ai_provider: Json
    dataset: Json
    documents: list[DocumentConfig]
    bot: Json
    scopes: Json
    api_key: Json


class SetupError(Exception):
    """A step was refused, or nobody answered. The text says which step and why."""


class ProductionBotSetup:
    """The calls of the setup in their order. One instance can set up any number of bots, one after the other."""

    def __init__(self, admin_token: str, base_url: str = "http://localhost:8000") -> None:
        self.admin_token = admin_token
        self.base_url = base_url.rstrip("/")
        self.session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Hold one HTTP session open; the single steps below need it."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120)) as self.session:
            yield
        self.session = None

    async def create_complete_bot(self, config: SetupConfig) -> Json:
        """Create a tenant, its provider, a dataset with documents, a bot over it, its guardrails and an API key."""
        async with self.connected():
            tenant = await self.create_tenant(config["tenant"])
            token = await self.login_tenant(config["tenant"]["email"], config["tenant"]["password"], tenant["slug"])

            ai_provider = await self.setup_ai_provider(token, config["ai_provider"])

            dataset = await self.create_dataset(token, config["dataset"])
            await self.upload_documents(token, dataset["id"], config["documents"])
            await self.wait_for_processing(token, dataset["id"])

            bot = await self.create_bot(token, {**config["bot"], "tenant_ai_provider_id": ai_provider["id"]})
            await self.link_dataset_to_bot(token, bot["id"], dataset["id"])
            await self.configure_scopes(token, bot["id"], config["scopes"])

            api_key = await self.create_api_key(token, config["api_key"])
        return {"tenant": tenant, "bot": bot, "dataset": dataset, "api_key": api_key, "setup_complete": True}

    async def create_tenant(self, tenant: Json) -> Json:
        return await self._call("POST", "/admin/tenants/", token=self.admin_token, body=tenant)

    async def login_tenant(self, email: str, password: str, slug: str | None = None) -> str:
        """Sign in and return the bearer token. The slug says which tenant, for people who belong to several."""
        body = {"email": email, "password": password} | ({"tenant": slug} if slug else {})
        token: str = (await self._call("POST", "/v1/auth/login", body=body))["token"]
        return token

    async def setup_ai_provider(self, token: str, ai_provider: Json) -> Json:
        return await self._call("POST", "/v1/tenant/ai-providers/", token=token, body=ai_provider)

    async def create_dataset(self, token: str, dataset: Json) -> Json:
        return await self._call("POST", "/v1/tenant/datasets/", token=token, body=dataset)

    async def upload_documents(self, token: str, dataset_id: str, documents: Sequence[DocumentConfig]) -> None:
        """Send the files, some in each request, and each text in a request of its own."""
        path = f"/v1/tenant/datasets/{dataset_id}/documents"
        files = [Path(document["path"]) for document in documents if document["type"] == "file"]
        for start in range(0, len(files), FILES_AT_ONCE):
            form = _form(files[start : start + FILES_AT_ONCE])
            await self._call("POST", f"{path}/upload", token=token, form=form)
        for document in documents:
            if document["type"] == "text":
                text = {"title": document["title"], "content": document["content"], "source_type": "text"}
                await self._call("POST", path, token=token, body=text)

    async def wait_for_processing(self, token: str, dataset_id: str, *, timeout: float = 600) -> None:
        """Wait until every document of the dataset is completed; say which one failed and why."""
        give_up_at = time.monotonic() + timeout
        while True:
            documents = await self._documents(token, dataset_id)
            failed = [f"{item['title']}: {item['error']}" for item in documents if item["status"] == "failed"]
            if failed:
                raise SetupError("These documents could not be read.\n" + "\n".join(failed))
            waiting = [item["title"] for item in documents if item["status"] != "completed"]
            if not waiting:
                return
            if time.monotonic() > give_up_at:
                raise SetupError(
                    f"After {timeout:.0f} s still not processed: {', '.join(waiting)}. Is a worker running?"
                )
            await asyncio.sleep(1)

    async def create_bot(self, token: str, bot: Json) -> Json:
        return await self._call("POST", "/v1/tenant/bots/", token=token, body=bot)

    async def link_dataset_to_bot(self, token: str, bot_id: str, dataset_id: str) -> Json:
        body = {"dataset_id": dataset_id, "is_active": True, "priority": 1}
        return await self._call("POST", f"/v1/tenant/bots/{bot_id}/datasets", token=token, body=body)

    async def configure_scopes(self, token: str, bot_id: str, scopes: Json) -> Json:
        return await self._call("POST", f"/v1/tenant/bots/{bot_id}/scopes", token=token, body=scopes)

    async def create_api_key(self, token: str, api_key: Json) -> Json:
        return await self._call("POST", "/v1/tenant/api-keys/", token=token, body=api_key)

    async def ask(self, api_key: str, bot_id: str, message: str, session_id: str | None = None) -> Json:
        """Ask the bot as an integrator does, with an API key. Pass the answer's `session_id` on to keep the context."""
        body = {"message": message, "session_id": session_id, "bot_id": bot_id, "metadata": {"source": "quickstart"}}
        async with self.connected():
            return await self._call("POST", "/v1/chat/efficient", token=api_key, body=body)

    async def _documents(self, token: str, dataset_id: str) -> list[Json]:
        path = f"/v1/tenant/datasets/{dataset_id}/documents"
        page = await self._call("GET", path, token=token)
        found: list[Json] = page["results"]
        while page["next"]:
            page = await self._call("GET", f"{path}?{urlsplit(page['next']).query}", token=token)
            found += page["results"]
        return found

    async def _call(
        self, method: str, path: str, *, token: str = "", body: Json | None = None, form: aiohttp.FormData | None = None
    ) -> Json:
        if self.session is None:
            raise SetupError("The single steps run inside `async with setup.connected():`.")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self.session.request(
                method, self.base_url + path, headers=headers, json=body, data=form
            ) as response:
                return _answer(f"{method} {path}", response.status, await response.text())
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise SetupError(f"{method} {path}: no answer from {self.base_url} ({reason})") from error


def _form(files: Sequence[Path]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for file in files:
        content_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        form.add_field("files", file.read_bytes(), filename=file.name, content_type=content_type)
    form.add_field("metadata", json.dumps({"category": "documentation"}))
    return form


def _answer(step: str, status: int, text: str) -> Json:
    """Return the JSON of a good answer; turn a problem into an error that names its code, detail and fields."""
    try:
        content = json.loads(text or "{}")
    except ValueError:
        content = {"detail": text[:200]}
    if status < 400:
        return content if isinstance(content, dict) else {"results": content}
    lines = [f"{step}: {status} {content.get('code', 'no code')}: {content.get('detail') or content.get('title', '')}"]
    lines += [f"  {field}: {' '.join(messages)}" for field, messages in (content.get("errors") or {}).items()]
    raise SetupError("\n".join(lines))


def example_config(*, slug: str, password: str, files: Sequence[Path], environ: Mapping[str, str]) -> SetupConfig:
    """The config of the guide, with the provider that the environment allows and the demo handbook as a default."""
    provider, model = _provider(environ)
    documents: list[DocumentConfig] = [
        {"type": "file", "path": str(file)} for file in files or sorted(HANDBOOK.iterdir())
    ]
    if not files:
        hours = "On December 24 and December 31, customer support closes at 1 p.m. Eastern Time."
        documents.append({"type": "text", "title": "Holiday Hours", "content": hours})
    return {
        "tenant": {
            "name": slug.replace("-", " ").title(),
            "slug": slug,
            "email": f"admin@{slug}.example",
            "password": password,
            "plan": "enterprise",
        },
        "ai_provider": provider,
        "dataset": {"name": "Customer Support KB", "description": "Complete customer support documentation"},
        "documents": documents,
        "bot": {
            "name": "Customer Support Assistant",
            "system_prompt": "You are a helpful customer support assistant. Answer from the documents and cite them.",
            "model": model,
            "is_active": True,
            "is_public": True,
        },
        "scopes": {
            "strictness_level": "moderate",
            "allowed_topics": ["customer support", "product information", "shipping", "billing", "returns"],
            "forbidden_topics": ["medical advice", "legal advice", "financial investment advice"],
            "context_settings": {"max_conversation_history": 10, "citation_required": True},
        },
        "api_key": {"name": "Production API Key", "scopes": ["chat:read", "chat:write"], "rate_limit": 1000},
    }


def _provider(environ: Mapping[str, str]) -> tuple[Json, str]:
    key = environ.get("OPENAI_API_KEY")
    if not key:
        return {"provider_name": "builtin"}, BUILTIN_MODEL
    model = environ.get("OPENAI_MODEL", "gpt-4o-mini")
    settings = {"max_tokens": 4000, "default_model": model}
    base_url = environ.get("OPENAI_BASE_URL")
    return {"provider_name": "openai", "api_key": key, "base_url": base_url, "custom_settings": settings}, model


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Set up a tenant and a bot on a running Parley, and ask it a question."
    )
    parser.add_argument("files", nargs="*", type=Path, help="documents to upload (default: the demo handbook)")
    parser.add_argument("--base-url", default=os.environ.get("PARLEY_URL", "http://localhost:8000"))
    parser.add_argument(
        "--admin-token", default=os.environ.get("PARLEY_ADMIN_TOKEN", ""), help="token of a platform admin"
    )
    parser.add_argument("--slug", default=os.environ.get("PARLEY_SLUG", f"shop-{secrets.token_hex(3)}"))
    parser.add_argument("--password", default=os.environ.get("PARLEY_PASSWORD", ""), help="default: one is made up")
    parser.add_argument("--question", default="What is your shipping policy?")
    return parser.parse_args()


async def main(arguments: argparse.Namespace) -> None:
    password = arguments.password or secrets.token_urlsafe(15)
    config = example_config(slug=arguments.slug, password=password, files=arguments.files, environ=os.environ)
    setup = ProductionBotSetup(admin_token=arguments.admin_token, base_url=arguments.base_url)
    print(f"Setting up {config['tenant']['name']} with {len(config['documents'])} documents on {setup.base_url} ...")
    result = await setup.create_complete_bot(config)
    print(f"Bot setup complete! Bot ID: {result['bot']['id']}")
    print(f"Sign in:  {config['tenant']['email']}  {password}  (tenant {result['tenant']['slug']})")
    print(f"API key:  {result['api_key']['key']}")

    reply = await setup.ask(result["api_key"]["key"], result["bot"]["id"], arguments.question)
    print(f"\nQ: {arguments.question}\nA: {reply['message']['content']}")
    for citation in reply["citations"]:
        page = f", page {citation['page']}" if citation["page"] else ""
        print(f"   [{citation['number']}] {citation['document_title']}{page}")


if __name__ == "__main__":
    try:
        asyncio.run(main(_arguments()))
    except (SetupError, OSError) as error:
        sys.exit(str(error))
