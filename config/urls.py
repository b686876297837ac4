"""Every address, wired from the apps' own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from apikeys.api import urls as apikeys
from bots.api import urls as bots
from chat.api import urls as chat
from config import errors, health
from integrations.api import urls as integrations
from knowledge.api import urls as knowledge
from tenants.api import urls as tenants
from tenants.http import route

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("admin/", include(tenants)),
    path("v1/auth/", include(apikeys.auth)),
    path("v1/tenant/", include(apikeys)),
    path("v1/tenant/", include(integrations)),
    path("v1/tenant/", include(knowledge)),
    path("v1/tenant/", include(bots)),
    path("v1/tenant/", include(chat.management)),
    path("v1/chat/", include(chat)),
    path("v1/", include(chat.models)),
    route("v1/schema", SpectacularAPIView.as_view(), "schema"),
    route("v1/docs", SpectacularSwaggerView.as_view(url_name="schema"), "docs"),
    route("health/live", health.live, "live"),
    route("health/ready", health.ready, "ready"),
    path("console/", admin.site.urls),
]
