"""The pages of this app: the dashboard's, and those of one's account that stand in place of allauth's."""

from __future__ import annotations

from django.urls import URLPattern, path

from apikeys.dashboard import keys, places

urlpatterns: list[URLPattern] = [
    path("keys/", keys.Keys.as_view(), name="keys"),
    path("keys/new/", keys.NewKey.as_view(), name="key-new"),
    path("keys/<uuid:key_id>/", keys.Key.as_view(), name="key"),
    path("keys/<uuid:key_id>/rotate/", keys.RotateKey.as_view(), name="key-rotate"),
    path("keys/<uuid:key_id>/revoke/", keys.RevokeKey.as_view(), name="key-revoke"),
]
# In front of allauth's own, under `accounts/`.
doors: list[URLPattern] = [
    path("sessions/", places.PlacesView.as_view(), name="usersessions_list"),
    path("sessions/<int:number>/end/", places.EndSessionView.as_view(), name="session-end"),
    path("sessions/tokens/<slug:number>/end/", places.EndTokenView.as_view(), name="token-end"),
    path("confirm-email/<str:key>/", places.ConfirmView.as_view(), name="account_confirm_email"),
]
