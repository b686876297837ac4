"""A Parley to measure: services of its own, the programs as `make up` starts them, a tenant, bots that ask the stub."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2

from config.embedded import process, temporary
from config.embedded.postgres import free_port
from config.supervisor import plan, programs
from tests.bench import proc
from tests.bench.load import Job

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "config" / "demo" / "handbook"
ADMIN = {"email": "root@parley.example", "password": "a long first password"}
TENANT = {"name": "Bench", "slug": "bench", "email": "b@bench.example", "password": "x" * 20, "plan": "enterprise"}
MANY = 10_000_000
FREE = {"strictness_level": "lenient", "context_settings": {"citation_required": False}}
QUESTIONS = [
    "How much is standard shipping?", "How long does delivery take?", "Which orders ship free?",
    "Do you ship to other countries?", "Can I change the address of my order?", "How do I return a product?",
    "What if my product is defective?", "When is my refund paid?", "Which payment methods do you take?",
    "Can I pay in instalments?", "Why was my card declined?", "How do I get an invoice?",
    "How do I reset my password?", "How do I close my account?", "Is my data sold to anyone?",
    "How do gift cards work?", "Do rewards points expire?", "When is customer support open?",
    "How fast does support reply to an email?", "What does the warranty cover?",
]  # fmt: skip
# Each once in a long while, so that no vector of a question is remembered.
ASKED = [f"{question} (No. {number})" for number in range(25) for question in QUESTIONS]


@dataclass(frozen=True, slots=True)
class World:
    folder: Path
    port: int
    stub_port: int
    key: str
    bots: Mapping[tuple[str, str], str]  # by embedder and model
    chunks: int
    pids: Mapping[str, int]
    database_url: str

    def load(self, **job: Any) -> subprocess.Popen[bytes]:
        """Begin a measurement; `result` waits for it."""
        number = len(list(self.folder.glob("*.job")))
        path = self.folder / f"{number}.job"
        path.write_text(json.dumps(asdict(Job(**job))))
        argv = [sys.executable, "-m", "tests.bench.load", str(path), str(path.with_suffix(".result"))]
        return process.spawn(argv=argv, log=self.folder / "load.log", at_our_death=signal.SIGKILL, cwd=ROOT)

    def result(self, load: subprocess.Popen[bytes], *, meanwhile: Callable[[], None] = lambda: None) -> Any:
        while load.poll() is None:
            meanwhile()
            time.sleep(0.1)
        if load.returncode:
            raise RuntimeError("\n".join(process.last_lines(self.folder / "load.log", count=15)))
        assert isinstance(load.args, list)
        return json.loads(Path(load.args[-1]).read_text())

    def turns(self, embedder: str, model: str, *, stream: bool, **more: Any) -> dict[str, Any]:
        """A job that asks a bot."""
        asked = {"bot_id": self.bots[embedder, model], "session_id": None} | ({"stream": True} if stream else {})
        return {
            "port": self.port, "path": "/v1/chat/efficient", "is_stream": stream, "headers": self.credential,
            "bodies": [{**asked, "message": question} for question in ASKED],
            "seen": {"cited": r'"citations": ?\[\{', "asked": rf'"model": ?"{model}"'}, **more,
        }  # fmt: skip

    @property
    def credential(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def stub(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx2.get(f"http://127.0.0.1:{self.stub_port}/stats", trust_env=False).json()
        return found


@contextmanager
def world(*, web: int, models: list[str], embedders: list[str], env: Mapping[str, str]) -> Iterator[World]:
    """Everything is ended by its process id on the way out, however that is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        services = stack.enter_context(temporary.temporary())
        made = plan.Plan(folder, "127.0.0.1", free_port(), 1, own_postgres=False, own_redis=False)
        made.logs.mkdir()
        (folder / "static").mkdir()
        stub_port = free_port()
        place = programs.environment(made, database_url=services.database_url, redis_url=services.redis_url)
        place |= {**_env(stub_port, web=web), **env}
        stub = process.spawn(
            argv=[sys.executable, "-m", "tests.bench.stub", str(stub_port)], log=made.logs / "stub.log",
            at_our_death=signal.SIGKILL, cwd=ROOT,
        )  # fmt: skip
        stack.callback(process.stop, stub, by=signal.SIGTERM, within=5, then=signal.SIGKILL)
        _manage(place, "migrate_schemas", "--verbosity", "0")
        _manage(place, "seed", "--no-demo")
        server = _start(stack, programs.web(made, env=place))
        with ExitStack() as while_embedding:
            _start(while_embedding, programs.worker(made, env=place))
            _wait(lambda: _is_ready(made.url), "the web server", made.logs)
            key, bots, chunks = _tenant(made, f"http://127.0.0.1:{stub_port}/v1", models, embedders)
        keeper = services.keeper.pid
        pids = {"web": server.pid, "stub": stub.pid, "postgres": proc.named(keeper, "postgres")}
        pids["redis"] = proc.named(keeper, "redis")
        yield World(folder, made.port, stub_port, key, bots, chunks, pids, services.database_url)


def _env(stub_port: int, *, web: int) -> dict[str, str]:
    return {
        "PARLEY_ENV": "development",
        "MODELS_DIR": os.environ.get("MODELS_DIR") or str(ROOT / "var" / "models"),
        "ADMIN_EMAIL": ADMIN["email"],
        "ADMIN_PASSWORD": ADMIN["password"],
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "OUTBOUND_ALLOWED_PRIVATE": f"127.0.0.1:{stub_port}",
        "CHAT_PUBLIC_PER_MINUTE": str(MANY),
        "CHAT_BOT_PER_MINUTE": str(MANY),
        "WEB_CONCURRENCY": str(web),
    }


def _manage(env: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def _start(stack: ExitStack, program: programs.Program) -> subprocess.Popen[bytes]:
    child = program.launch()
    stack.callback(process.kill_group, child)  # what it left behind, too
    stack.callback(process.stop, child, by=program.ask, within=program.patience, then=program.insist)
    return child


def _wait(done: Callable[[], Any], what: str, logs: Path, *, seconds: float = 300) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := done():
            return found
        time.sleep(0.2)
    tails = [f"{path.name}: {line}" for path in logs.glob("*.log") for line in process.last_lines(path)]
    raise RuntimeError("\n".join([f"{what} did not come", *tails]))


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health/ready", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False


@contextmanager
def _signed_in(url: str, who: Mapping[str, str]) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url, timeout=120, trust_env=False) as client:
        answer = _made(client.post("/v1/auth/login", json={name: who[name] for name in ("email", "password")}))
        client.headers["Authorization"] = f"Bearer {answer['token']}"
        yield client


def _made(answer: httpx2.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def _tenant(
    made: plan.Plan, provider_url: str, models: list[str], embedders: list[str]
) -> tuple[str, dict[tuple[str, str], str], int]:
    with _signed_in(made.url, ADMIN) as staff:
        plans = _made(staff.get("/admin/plans/"))["results"]
        wide = next(row["id"] for row in plans if row["slug"] == TENANT["plan"])
        _made(staff.put(f"/admin/plans/{wide}", json={"requests_hour": MANY}))
        _made(staff.post("/admin/tenants/", json=TENANT))
    with _signed_in(made.url, TENANT) as owner:
        asked: dict[str, Any] = {"provider_name": "openai_compatible", "base_url": provider_url}
        asked["custom_settings"] = {"timeout": 120}  # a slow stream takes longer than the default
        provider = _made(owner.post("/v1/tenant/ai-providers/", json=asked))["id"]
        bots, chunks = {}, 0
        for embedder in embedders:
            dataset = _dataset(owner, embedder, provider, made.logs)
            chunks = sum(row["chunk_count"] for row in _made(owner.get(f"{dataset}/documents"))["results"])
            for model in models:
                bots[embedder, model] = _bot(owner, f"{embedder} {model}", model, provider, dataset)
        asked = {"name": "Bench", "scopes": ["chat:write", "bots:read"], "rate_limit": MANY}
        key = _made(owner.post("/v1/tenant/api-keys/", json=asked))["key"]
    return key, bots, chunks


def _dataset(owner: httpx2.Client, embedder: str, provider: str, logs: Path) -> str:
    """Its address, once everything in it is embedded as asked."""
    dataset = f"/v1/tenant/datasets/{_made(owner.post('/v1/tenant/datasets/', json={'name': embedder}))['id']}"
    files = [("files", (path.name, path.read_bytes())) for path in sorted(HANDBOOK.glob("*[a-y].md"))]
    if embedder == "stub":
        _made(owner.put(f"{dataset}/embedding", json={"provider_id": provider, "model": "hashed"}))
        _wait(lambda: _made(owner.get(f"{dataset}/embedding"))["move"] is None, "the move", logs)
    _made(owner.post(f"{dataset}/documents/upload", files=files))

    def is_done() -> bool:
        states = {row["status"] for row in _made(owner.get(f"{dataset}/documents"))["results"]}
        assert "failed" not in states
        return states == {"completed"}

    _wait(is_done, "the documents", logs)
    return dataset


def _bot(owner: httpx2.Client, name: str, model: str, provider: str, dataset: str) -> str:
    asked = {"name": name, "tenant_ai_provider_id": provider, "model": model}
    bot = str(_made(owner.post("/v1/tenant/bots/", json=asked))["id"])
    _made(owner.post(f"/v1/tenant/bots/{bot}/datasets", json={"dataset_id": dataset.rpartition("/")[2]}))
    _made(owner.post(f"/v1/tenant/bots/{bot}/scopes", json=FREE))
    return bot
