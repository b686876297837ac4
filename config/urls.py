"""Every address, wired from the apps' own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from apikeys import admin as apikeys_console
from apikeys.api import urls as apikeys
from apikeys.dashboard import urls as apikeys_pages
from bots.api import urls as bots
from bots.dashboard import urls as bots_pages
from chat.api import urls as chat
from chat.dashboard import urls as chat_pages
from chat.widget import urls as widget
from config import door, errors, health
from integrations.api import urls as integrations
from integrations.dashboard import urls as integrations_pages
from knowledge.api import urls as knowledge
from knowledge.dashboard import urls as knowledge_pages
from tenants.api import urls as tenants
from tenants.dashboard import urls as tenants_pages
from tenants.http import route

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

admin.site.login = door.sign_in  # type: ignore[assignment]  # one door, so that a second factor holds there too

dashboard = [
    *chat_pages.urlpatterns,
    *bots_pages.urlpatterns,
    *knowledge_pages.urlpatterns,
    *integrations_pages.urlpatterns,
    *apikeys_pages.urlpatterns,
    *tenants_pages.urlpatterns,
]
urlpatterns = [
    path("admin/", include(tenants)),
    path("v1/auth/", include(apikeys.auth)),
    path("v1/tenant/", include(apikeys)),
    path("v1/tenant/", include(tenants.management)),
    path("v1/tenant/", include(integrations)),
    path("v1/tenant/", include(knowledge)),
    path("v1/tenant/", include(bots)),
    path("v1/tenant/", include(chat.management)),
    path("v1/chat/", include(widget.api)),
    path("v1/chat/", include(chat)),
    path("v1/", include(chat.models)),
    route("v1/schema", SpectacularAPIView.as_view(), "schema"),
    route("v1/docs", SpectacularSwaggerView.as_view(url_name="schema"), "docs"),
    route("health/live", health.live, "live"),
    route("health/ready", health.ready, "ready"),
    *widget.urlpatterns,
    path("console/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path(
        "console/second-factor/<uuid:user_id>/",
        admin.site.admin_view(apikeys_console.reset_second_factor),
        name="reset_second_factor",
    ),
    path("console/", admin.site.urls),
    path("language/", set_language, name="set_language"),
    path("", RedirectView.as_view(url="/dashboard/")),
    path("accounts/signup/", RedirectView.as_view(pattern_name="welcome"), name="account_signup"),
    path("", include(tenants_pages.doors)),
    path("accounts/", include(apikeys_pages.doors)),
    path("accounts/", include("allauth.urls")),
    path("dashboard/<slug:slug>/", include((dashboard, "dashboard"))),
]
