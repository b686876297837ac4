"""How the operator's console looks: its name, its icon, and its menu in the order of the work."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy


def _page(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{name}_changelist")}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Parley",
    "SITE_HEADER": "Parley",
    "SITE_SUBHEADER": "Operator's console",
    "SITE_SYMBOL": "forum",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("parley.svg")}],
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Who is served",
                "items": [
                    _page("Tenants", "apartment", "tenants_tenant"),
                    _page("Plans", "sell", "tenants_plan"),
                    _page("Domains", "language", "tenants_domain"),
                    _page("Bots' addresses", "alt_route", "tenants_tenantroute"),
                ],
            },
            {
                "title": "People and credentials",
                "items": [
                    _page("Users", "person", "tenants_user"),
                    _page("Members", "group", "tenants_membership"),
                    _page("Invitations", "mail", "tenants_invitation"),
                    _page("API keys", "key", "apikeys_apikey"),
                    _page("Access tokens", "badge", "apikeys_accesstoken"),
                ],
            },
            {
                "title": "Operation",
                "items": [
                    _page("AI providers", "smart_toy", "tenants_globalaiprovider"),
                    _page("Model prices", "payments", "tenants_modelprice"),
                    _page("Settings", "settings", "tenants_systemsetting"),
                    _page("Audit", "history", "tenants_auditevent"),
                ],
            },
        ]
    },
}
