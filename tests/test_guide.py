"""The setup guide, phase by phase, over HTTP, on a running stack: every body as the guide prints it."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import httpx2

from tests.stack import ADMIN, ROOT, Stack

HANDBOOK = ROOT / "config" / "demo" / "handbook"

TENANT = {
    "name": "Acme Corporation",
    "slug": "acme-corp",
    "email": "admin@acme.com",
    "password": "secure_password_123",
    "description": "Enterprise customer support and documentation",
    "plan": "enterprise",
    "owner_email": "owner@acme.com",
}
OPENAI: dict[str, Any] = {
    "provider_name": "openai",
    "api_key": "sk-your-openai-api-key-here",
    "base_url": None,
    "custom_settings": {"organization": "org-your-org-id", "max_tokens": 4000, "default_model": "gpt-3.5-turbo"},
}
DATASET = {
    "name": "Customer Support Knowledge Base",
    "description": "Complete customer support documentation, FAQs, and policies",
    "tags": ["customer-support", "documentation", "faq"],
    "metadata": {"category": "support", "language": "en", "domain": "customer-service"},
}
TEXT = {
    "title": "Shipping Policy",
    "content": (
        "Our shipping policy includes free shipping on orders over $50. Standard delivery takes 3-5 business days..."
    ),
    "source_type": "text",
    "tags": ["shipping", "policy"],
    "metadata": {"category": "policy", "last_updated": "2024-01-15"},
}
BOT = {
    "name": "Customer Support Assistant",
    "description": "AI-powered customer support bot with access to complete knowledge base",
    "system_prompt": (
        "You are a helpful customer support assistant for Acme Corporation. You have access to comprehensive "
        "documentation and should provide accurate, helpful responses to customer inquiries. Always maintain a "
        "professional and friendly tone. If you cannot find specific information, direct customers to contact human "
        "support."
    ),
    "model": "gpt-3.5-turbo",
    "temperature": 0.7,
    "max_tokens": 1000,
    "is_active": True,
    "is_public": True,
    "settings": {
        "response_format": "helpful_and_detailed",
        "citation_style": "numbered",
        "fallback_behavior": "escalate_to_human",
    },
}
SCOPE = {
    "strictness_level": "moderate",
    "allowed_topics": [
        "customer support", "product information", "shipping", "billing",
        "returns", "technical support", "account management", "policies",
    ],
    "forbidden_topics": [
        "medical advice", "legal advice", "financial investment advice",
        "personal information", "competitor information",
    ],
    "refusal_message": None,
    "context_settings": {
        "max_conversation_history": 10,
        "citation_required": True,
        "escalation_triggers": ["complex_technical_issue", "billing_dispute"],
    },
}  # fmt: skip
KEY = {
    "name": "Production Website Integration",
    "scopes": ["chat:read", "chat:write", "bots:read"],
    "rate_limit": 10000,
    "expires_at": "2025-12-31T23:59:59Z",
}
DOMAINS = {
    "allowed_domains": ["https://www.acme.com", "https://support.acme.com", "https://app.acme.com"],
    "is_public": True,
}
AUDIT = {
    "key": "audit_logging",
    "value": {"enabled": True, "log_conversations": True, "log_knowledge_retrieval": True, "retention_days": 90},
}


def _made(answer: httpx2.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def _ask_public(client: httpx2.Client, bot: str, question: str, **more: Any) -> Any:
    body = {"bot_id": bot, "messages": [{"role": "user", "content": question}], "session_id": None, **more}
    return _made(client.post("/v1/chat/public", json=body), 200)


def test_the_guide_from_its_first_phase_to_its_last(stack: Stack) -> None:  # noqa: PLR0915 -- the guide is this long
    # Phase 1: the first admin and the global providers are there from the start.
    staff = stack.sign_in(**ADMIN)
    offered = _made(staff.get("/admin/ai-providers/"), 200)["results"]
    by_type = {row["provider_type"]: row for row in offered}
    assert by_type["openai"]["config"] == {"models": ["gpt-3.5-turbo", "gpt-4"], "max_tokens": 4000}
    assert (by_type["openai"]["is_default"], by_type["anthropic"]["is_active"]) == (True, True)

    # Phase 2: the tenant and its provider.
    anonymous = stack.client()
    tenant = _made(anonymous.post("/admin/tenants/", json=TENANT))
    assert (tenant["name"], tenant["slug"], tenant["is_active"]) == ("Acme Corporation", "acme-corp", True)
    acme = stack.sign_in(email=TENANT["email"], password=TENANT["password"])
    openai = {"global_ai_provider_id": by_type["openai"]["id"], **OPENAI}
    provider = _made(acme.post("/v1/tenant/ai-providers/", json=openai))
    assert OPENAI["api_key"] not in str(provider)
    builtin = _made(acme.post("/v1/tenant/ai-providers/", json={"provider_name": "builtin"}))

    # Phase 3: knowledge.
    dataset = _made(acme.post("/v1/tenant/datasets/", json=DATASET))
    assert (dataset["name"], dataset["tenant_id"]) == (DATASET["name"], tenant["id"])
    documents = f"/v1/tenant/datasets/{dataset['id']}/documents"
    names = ["product-guide.pdf", "returns-and-defective-products.docx", "faq.txt"]
    files = [("files", (name, (HANDBOOK / name).read_bytes())) for name in names]
    metadata = '{"category": "documentation", "priority": "high"}'
    _made(acme.post(f"{documents}/upload", files=files, data={"metadata": metadata}))
    _made(acme.post(documents, json=TEXT))

    def states() -> Any:
        rows = _made(acme.get(documents), 200)["results"]
        assert {row["status"] for row in rows} <= {"pending", "processing", "completed"}, rows
        return rows if all(row["status"] == "completed" for row in rows) else None

    assert len(stack.wait(states, "the documents")) == 4

    # Phase 4: the bot, its knowledge, its guardrails.
    bot = _made(acme.post("/v1/tenant/bots/", json={**BOT, "tenant_ai_provider_id": builtin["id"]}))
    assert (bot["name"], bot["tenant_id"], bot["is_active"]) == (BOT["name"], tenant["id"], True)
    link = {"dataset_id": dataset["id"], "is_active": True, "priority": 1}
    _made(acme.post(f"/v1/tenant/bots/{bot['id']}/datasets", json=link))
    _made(acme.post(f"/v1/tenant/bots/{bot['id']}/scopes", json=SCOPE))

    # Phase 5: a key; the guide's date has passed, so that one is made and is expired.
    expired = _made(acme.post("/v1/tenant/api-keys/", json=KEY))
    assert (expired["key"][:12], expired["status"]) == (expired["key_prefix"], "expired")
    key = _made(acme.post("/v1/tenant/api-keys/", json={**KEY, "expires_at": None}))

    # Phase 6: an answer with its source, a refusal, an answer from a file.
    shipping = _ask_public(
        anonymous, bot["id"], "What is your shipping policy?", metadata={"source": "production_test"}
    )
    assert "$50" in shipping["message"]["content"]
    assert "[1]" in shipping["message"]["content"]
    assert shipping["citations"][0]["number"] == 1
    refused = _ask_public(anonymous, bot["id"], "Can you give me medical advice?")
    assert (refused["guardrail"]["action"], refused["guardrail"]["topic"]) == ("refuse", "medical advice")
    assert refused["citations"] == []
    returns = _ask_public(anonymous, bot["id"], "How do I return a defective product?")
    assert "returns-and-defective-products" in str(returns["citations"]).lower().replace(" ", "-")

    # Phase 7: the website's client, its domains, the audit.
    site = stack.client(key["key"])
    first = {"message": "How much is standard shipping?", "session_id": None, "bot_id": bot["id"], "context_limit": 10,
             "metadata": {"source": "website", "user_agent": "test", "timestamp": "2026-01-01T00:00:00Z"}}  # fmt: skip
    answer = _made(site.post("/v1/chat/efficient", json=first), 200)
    second = {**first, "message": "And how long does it take?", "session_id": answer["session_id"]}
    assert _made(site.post("/v1/chat/efficient", json=second), 200)["session_id"] == answer["session_id"]
    late = stack.client(expired["key"]).post("/v1/chat/efficient", json=first)
    assert (late.status_code, late.json()["code"]) == (401, "key_expired")
    changed = _made(acme.put(f"/v1/tenant/bots/{bot['id']}", json=DOMAINS), 200)
    assert (changed["allowed_domains"], changed["name"]) == (DOMAINS["allowed_domains"], BOT["name"])
    body = {"bot_id": bot["id"], "messages": [{"role": "user", "content": "What is your shipping policy?"}]}
    allowed = anonymous.post("/v1/chat/public", json=body, headers={"Origin": "https://www.acme.com"})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "https://www.acme.com")
    foreign = anonymous.post("/v1/chat/public", json=body, headers={"Origin": "https://www.evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_not_allowed")
    assert _made(staff.post("/admin/settings/system", json=AUDIT), 200)["value"] == AUDIT["value"]
    talks = _made(acme.get("/v1/tenant/conversations/"), 200)
    assert talks["count"] >= 4


def test_the_quick_start_script_runs_as_it_is(stack: Stack, tmp_path: Path) -> None:
    path = ROOT / "docs" / "quickstart.py"
    spec = importlib.util.spec_from_file_location("quickstart", path)
    assert spec is not None
    assert spec.loader is not None
    quickstart = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(quickstart)
    config = {
        "tenant": {"name": "Acme Corporation", "slug": "acme-quick", "email": "quick@acme.com",
                   "password": "secure_password_123", "plan": "enterprise"},
        "ai_provider": {"provider_name": "builtin"},
        "dataset": {"name": "Customer Support KB", "description": "Complete customer support documentation"},
        "documents": [
            {"type": "file", "path": str(HANDBOOK / "shipping-policy.md")},
            {"type": "text", "title": "FAQ", "content": "Frequently asked questions: support is open every weekday."},
        ],
        "bot": {"name": "Customer Support Assistant", "model": "gpt-3.5-turbo",
                "system_prompt": "You are a helpful customer support assistant..."},
        "scopes": {"strictness_level": "moderate", "allowed_topics": ["customer support", "billing", "shipping"]},
        "api_key": {"name": "Production API Key", "scopes": ["chat:read", "chat:write"]},
    }  # fmt: skip
    with stack.client() as anonymous:
        token = _made(anonymous.post("/v1/auth/login", json=ADMIN), 200)["token"]
    setup = quickstart.ProductionBotSetup(admin_token=token, base_url=stack.url)
    result = asyncio.run(setup.create_complete_bot(config))
    assert result["setup_complete"] is True
    asked = {"message": "What is your shipping policy?", "session_id": None, "bot_id": result["bot"]["id"]}
    answer = _made(stack.client(result["api_key"]["key"]).post("/v1/chat/efficient", json=asked), 200)
    assert answer["citations"]
