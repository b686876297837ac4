"""Parley's settings: one module, read from the environment (docs/configuration.md lists every variable).

`PARLEY_ENV` is `development`, `test` or `production`. Development fills in what is missing (secrets under `var/`,
the embedded PostgreSQL and Redis); production refuses to start without its own.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import django_stubs_ext
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue
from psycopg.conninfo import conninfo_to_dict

from config import env
from config.accounts import *  # noqa: F403 -- settings are read here by name
from config.console import UNFOLD as UNFOLD
from config.embedded.addresses import discover
from config.local_secrets import local_secret
from config.openapi import SPECTACULAR as SPECTACULAR_SETTINGS  # noqa: F401 -- read by drf-spectacular
from config.schedule import BEAT as CELERY_BEAT_SCHEDULE  # noqa: F401 -- read by Celery

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(env.text("PARLEY_VAR") or BASE_DIR / "var")
ENVIRONMENT = env.choice("PARLEY_ENV", "development", among=("development", "test", "production"))
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.boolean("DEBUG")


def _secret(name: str, *, fallback: str) -> str:
    value = env.secret(name)
    if value:
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set in production.")
    return local_secret(VAR, name.lower(), fallback)


def _address(name: str, *, found: str | None, without: str) -> str:
    value = env.secret(name) or found
    if value is None and PRODUCTION:
        raise ImproperlyConfigured(f"{name} (or {name}_FILE) must be set in production.")
    return value or without


SECRET_KEY = _secret("SECRET_KEY", fallback=secrets.token_urlsafe(50))
# The first key encrypts; the others still decrypt, so that keys can be rotated.
ENCRYPTION_KEYS = _secret("ENCRYPTION_KEYS", fallback=Fernet.generate_key().decode()).split(",")

# --- Who may reach us ---------------------------------------------------------------------------------------------
PORT = env.integer("PORT", 8000, least=1)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must be set in production.")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Who may create a tenant over the API: anyone (`open`) or staff of the operator (`staff`).
TENANT_SIGNUP = env.choice("TENANT_SIGNUP", "staff" if PRODUCTION else "open", among=("open", "staff"))

# --- Services -----------------------------------------------------------------------------------------------------
_embedded = discover(VAR)
# Without a server these name one that refuses at once; the commands then say how to start it.
DATABASE_URL = _address(
    "DATABASE_URL",
    found=_embedded.database_url if _embedded else None,
    without="postgresql://parley@127.0.0.1:1/parley",
)
REDIS_URL = _address("REDIS_URL", found=_embedded.redis_url if _embedded else None, without="redis://127.0.0.1:1/0")


def _database(url: str, *, pool: int) -> dict[str, Any]:
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    options: dict[str, Any] = {"connect_timeout": 5}
    if pool:
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    fields = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    named = {key: str(parts.pop(field, "") or "") for key, field in fields.items()}
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        **named,
        "OPTIONS": {**parts, **options},
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": bool(pool),
    }


# config/asgi.py asks for a pool in the web process; Celery and commands go without (a pool does not survive a fork).
DATABASES = {"default": _database(DATABASE_URL, pool=env.integer("DATABASE_POOL_SIZE", 0))}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# --- Tenancy ------------------------------------------------------------------------------------------------------
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# Extensions live in a schema of their own, on everybody's search path.
PG_EXTRA_SEARCH_PATHS = ["extensions"]
# Once for each schema that is entered, not before each statement; tenants/tests/test_search_path.py holds it to that.
TENANT_LIMIT_SET_CALLS = True
SKIP_PG_EXTRA_VALIDATION = True  # it asks the database at every start; schemas of ours begin with t_
SHARED_APPS = [
    "unfold",  # before django-tenants, which brings pages of Django's admin along
    "unfold.contrib.filters",
    "django_tenants",
    "config.apps.ConsoleConfig",
    "tenants",
    "apikeys",
    "knox",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "config.apps.AccountsConfig",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
TENANT_APPS = ["integrations", "knowledge", "bots", "chat"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

# --- Requests -----------------------------------------------------------------------------------------------------
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]  # ours are Django's (config/middleware.py)
ROOT_URLCONF = "config.urls"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False  # routes take both forms themselves (tenants/http.py)
MIDDLEWARE = [
    "config.middleware.Security",
    "servestatic.middleware.ServeStaticMiddleware",
    "bots.middleware.OriginMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.middleware.Sessions",
    "config.middleware.Csrf",
    "config.middleware.Authentication",
    "config.middleware.Messages",
    "config.middleware.Locale",
    "config.middleware.Accounts",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.FrameOptions",
    "config.middleware.Policy",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT") or VAR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
# Compressed once, and named by their content so that browsers may keep them; tests collect nothing.
_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
if ENVIRONMENT != "test":
    _STATIC = "servestatic.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC},
}
MEDIA_ROOT = VAR / "files"
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_MB", 25, least=1) * 1024 * 1024
MAX_UPLOAD_FILES = env.integer("MAX_UPLOAD_FILES", 20, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
# Past MAX_UPLOAD_FILES they are dropped and the request is refused in words; past this it is not read at all.
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_UPLOAD_FILES + 1_000
FILE_UPLOAD_HANDLERS = [
    "config.uploads.NoMoreThanAllowed",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# CORS is decided per bot (bots/middleware.py); nothing is open by a list.
CORS_URLS_REGEX = r"^/v1/chat/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key"]
CORS_EXPOSE_HEADERS = ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"]

# --- People: config/accounts.py --------------------------------------------------------------------------------------
# Whether a mail may go out beside the page that asks for it (apikeys/accounts.py).
MAIL_LATER = ENVIRONMENT != "test"
MAIL_FOLDER = None if PRODUCTION else VAR / "mail"  # where there is no mail server (config/mail.py)
PUBLIC_URL = env.text("PUBLIC_URL", f"http://localhost:{PORT}").rstrip("/")

# --- The API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apikeys.authentication.CredentialAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.permissions.Closed"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.parsers.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "config.description.Description",
    "EXCEPTION_HANDLER": "config.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# --- Work in the background ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_KEY_PREFIX = "parley:"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "global_keyprefix": CELERY_KEY_PREFIX}
CELERY_TASK_TIME_LIMIT = 3000
# Every worker listens to both, turn by turn, so that mail does not stand behind documents.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("ingest")]

# --- Knowledge and models -----------------------------------------------------------------------------------------
MODELS_DIR = Path(env.text("MODELS_DIR") or VAR / "models")
EMBEDDER = env.choice("EMBEDDER", "multilingual-e5-small", among=("multilingual-e5-small", "minilm"))
EMBEDDER_THREADS = env.integer("EMBEDDER_THREADS", 2, least=1)
INGEST_LEASE_SECONDS = env.integer("INGEST_LEASE_SECONDS", 20, least=3)  # a worker silent this long loses its document
INGEST_MAX_ATTEMPTS = env.integer("INGEST_MAX_ATTEMPTS", 3, least=1)
INGEST_PARSE_SECONDS = env.integer("INGEST_PARSE_SECONDS", 50, least=5)
# How long a tenant is served while another waits.
INGEST_SLICE_SECONDS = env.integer("INGEST_SLICE_SECONDS", 3, least=1)
# From so many vectors of a model on, a tenant's search goes through an index.
SEARCH_INDEX_FROM = env.integer("SEARCH_INDEX_FROM", 20_000, least=1)
# host:port pairs on private networks that tenants' providers may reach (an Ollama server, say).
OUTBOUND_ALLOWED_PRIVATE = env.words("OUTBOUND_ALLOWED_PRIVATE")

# How long a provider may take, in seconds: to connect, for the first word, from one word to the next, for all of it.
PROVIDER_CONNECT_SECONDS = env.integer("PROVIDER_CONNECT_SECONDS", 5, least=1)
PROVIDER_FIRST_TOKEN_SECONDS = env.integer("PROVIDER_FIRST_TOKEN_SECONDS", 20, least=1)
PROVIDER_IDLE_SECONDS = env.integer("PROVIDER_IDLE_SECONDS", 30, least=1)
PROVIDER_TOTAL_SECONDS = env.integer("PROVIDER_TOTAL_SECONDS", 120, least=1)

# --- Talk ---------------------------------------------------------------------------------------------------------
# Questions a minute on the public endpoint: from one address to one bot, and to one bot from everywhere.
CHAT_PUBLIC_PER_MINUTE = env.integer("CHAT_PUBLIC_PER_MINUTE", 60, least=1)
CHAT_BOT_PER_MINUTE = env.integer("CHAT_BOT_PER_MINUTE", 600, least=1)
# Threads for what a turn reads and writes; each needs a database connection at most.
CHAT_THREADS = env.integer("CHAT_THREADS", 8, least=1)
CHAT_STREAMS = env.integer("CHAT_STREAMS", 2000, least=1)  # open at once in one process

# --- The first run ------------------------------------------------------------------------------------------------
# A small handbook for those who have no documents at hand; the demonstration answers from it too.
SAMPLE_FILES = BASE_DIR / "config" / "demo" / "handbook"

# --- The rest -----------------------------------------------------------------------------------------------------
LANGUAGE_CODE, TIME_ZONE = "en", "UTC"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = USE_I18N = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"httpx2": {"level": "WARNING"}},  # a line for each call to a provider otherwise
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
SENTRY_DSN = env.secret("SENTRY_DSN")
if SENTRY_DSN:
    import sentry_sdk  # only where errors are sent anywhere

    sentry_sdk.init(dsn=SENTRY_DSN, environment=ENVIRONMENT, send_default_pii=False)
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
