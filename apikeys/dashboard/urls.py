"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from apikeys.dashboard import keys

urlpatterns: list[URLPattern] = [
    path("keys/", keys.Keys.as_view(), name="keys"),
    path("keys/new/", keys.NewKey.as_view(), name="key-new"),
    path("keys/<uuid:key_id>/", keys.Key.as_view(), name="key"),
    path("keys/<uuid:key_id>/rotate/", keys.RotateKey.as_view(), name="key-rotate"),
    path("keys/<uuid:key_id>/revoke/", keys.RevokeKey.as_view(), name="key-revoke"),
]
