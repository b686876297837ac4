"""Every test runs against a PostgreSQL and a Redis of this run's own, started here and gone afterwards.

Two tenants always exist: tests work in Acme, and Globex holds what must not leak. A test's transaction is rolled back.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest

from config.embedded import temporary

if TYPE_CHECKING:
    from django.test import Client
    from rest_framework.test import APIClient

    from tenants.enums import Role
    from tenants.models import User
    from tenants.types import Principal, TenantRef

ROOT = Path(__file__).resolve().parent


def _start_services() -> None:
    """Once a run: the workers of a parallel run find the addresses in their environment."""
    if "PARLEY_TEST_DATABASE" not in os.environ:
        services = temporary.start()
        atexit.register(services.stop)
        os.environ["PARLEY_TEST_DATABASE"] = services.database_url
        os.environ["PARLEY_TEST_REDIS"] = services.redis_url
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    var = tempfile.mkdtemp(prefix="parley-test-")
    (Path(var) / "static").mkdir()
    atexit.register(shutil.rmtree, var, ignore_errors=True)
    os.environ.update(
        PARLEY_ENV="test",
        PARLEY_VAR=var,
        MODELS_DIR=os.environ.get("MODELS_DIR", str(ROOT / "var" / "models")),
        DATABASE_URL=os.environ["PARLEY_TEST_DATABASE"],
        REDIS_URL=os.environ["PARLEY_TEST_REDIS"].rsplit("/", 1)[0] + f"/{int(worker) + 1}",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    )


_start_services()
# Not left in the environment: a parallel run's workers would read the settings before they have addresses of their own.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Files by how they begin: archives and PDFs hold the time they were made at, and the workers of a parallel run
    have to name a test alike."""
    return val[:8].hex() if isinstance(val, bytes) and len(val) > 40 else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A database for each worker."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database with its two tenants, made once."""
    from django.conf import settings

    from integrations.embedders import prepare
    from tenants import services
    from tenants.provisioning import defaults
    from tenants.types import Principal

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    prepare.ensure(settings.MODELS_DIR)
    with django_db_blocker.unblock():
        defaults.ensure()
        for name in ("acme", "globex"):
            services.create_tenant(
                by=Principal(), name=name.title(), slug=name, plan="enterprise",
                email=f"owner@{name}.example", password="correct horse battery",
            )  # fmt: skip


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    from redis import Redis

    client = Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    client.close()


def _ref(slug: str) -> TenantRef:
    from tenants.models import Tenant

    return Tenant.objects.get(slug=slug).ref


@pytest.fixture
def acme(db: None) -> Iterator[TenantRef]:
    """The tenant at work, entered."""
    from tenants import context

    with context.entered(_ref("acme")) as tenant:
        yield tenant


@pytest.fixture
def globex(db: None) -> TenantRef:
    """Another live tenant, not entered."""
    return _ref("globex")


@pytest.fixture
def statements() -> Callable[[int], AbstractContextManager[None]]:
    """So many statements and no more: `with statements(2):`. Telling the schema does not count, since the connection
    may know it from before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def exactly(expected: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as seen:
            yield
        asked = [query["sql"] for query in seen.captured_queries if not query["sql"].startswith("SET search_path")]
        assert len(asked) == expected, asked

    return exactly


@pytest.fixture
def owner(acme: TenantRef) -> User:
    from tenants.models import User

    return User.objects.get(email="owner@acme.example")


@pytest.fixture
def member(acme: TenantRef) -> Callable[..., User]:
    """Makes a member of a tenant: `member(Role.EDITOR)`."""
    from tenants.models import Membership, User

    def make(role: Role, tenant: TenantRef = acme) -> User:
        email = f"{role.value}@{tenant.slug}.example"
        user = User.objects.filter(email=email).first() or User.objects.create_user(email=email, password="x" * 12)
        Membership.objects.get_or_create(user=user, tenant_id=tenant.id, defaults={"role": role})
        return user

    return make


@pytest.fixture
def principal(acme: TenantRef, owner: User) -> Principal:
    """Acme's owner, as services see them."""
    from tenants.enums import Role
    from tenants.types import Principal

    return Principal(kind="user", user_id=owner.id, email=owner.email, tenant=acme, role=Role.OWNER)


def _client(credential: str = "") -> APIClient:
    from rest_framework.test import APIClient

    client = APIClient()
    if credential:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {credential}")
    return client


@pytest.fixture
def anonymous(db: None) -> APIClient:
    return _client()


@pytest.fixture
def api_as(acme: TenantRef, member: Callable[..., User]) -> Callable[..., APIClient]:
    """A client signed in with a role: `api_as(Role.VIEWER)`, `api_as(Role.OWNER, tenant=globex)`."""
    from apikeys.models import AccessToken

    def make(role: Role, tenant: TenantRef = acme) -> APIClient:
        _, secret = AccessToken.issue(user=member(role, tenant), tenant_id=tenant.id)
        return _client(secret)

    return make


@pytest.fixture
def api(api_as: Callable[..., APIClient]) -> APIClient:
    """A client signed in as Acme's owner."""
    from tenants.enums import Role

    return api_as(Role.OWNER)


@pytest.fixture
def page_as(acme: TenantRef, member: Callable[..., User]) -> Callable[..., Client]:
    """A browser signed in with a role: `page_as(Role.VIEWER)`, `page_as(Role.OWNER, tenant=globex)`."""
    from django.test import Client

    def make(role: Role, tenant: TenantRef = acme) -> Client:
        client = Client()
        client.force_login(member(role, tenant))
        return client

    return make


@pytest.fixture
def staff(db: None) -> APIClient:
    """A client of the operator's super admin."""
    from apikeys.models import AccessToken
    from tenants.enums import PlatformRole
    from tenants.models import User

    user = User.objects.create_user(
        email="root@parley.example", password="x" * 12, platform_role=PlatformRole.SUPER_ADMIN
    )
    _, secret = AccessToken.issue(user=user)
    return _client(secret)


@pytest.fixture
def key_client(acme: TenantRef, principal: Principal) -> Callable[..., APIClient]:
    """A client with an API key: `key_client("chat:write")`."""
    from apikeys import services
    from tenants import context

    def make(*scopes: str, tenant: TenantRef = acme, **fields: Any) -> APIClient:
        with context.entered(tenant):
            _, secret = services.create_key(by=principal, name="test", scopes=list(scopes), **fields)
        return _client(secret)

    return make
