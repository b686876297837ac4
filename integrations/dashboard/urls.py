"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.dashboard import providers

urlpatterns: list[URLPattern] = [
    path("providers/", providers.Providers.as_view(), name="providers"),
    path("providers/new/", providers.NewProvider.as_view(), name="provider-new"),
    path("providers/<uuid:provider_id>/", providers.Provider.as_view(), name="provider"),
    path("providers/<uuid:provider_id>/test/", providers.TestProvider.as_view(), name="provider-test"),
    path("providers/<uuid:provider_id>/models/", providers.ProviderModels.as_view(), name="provider-models"),
    path("providers/<uuid:provider_id>/switch/", providers.SwitchProvider.as_view(), name="provider-switch"),
    path("providers/<uuid:provider_id>/delete/", providers.DeleteProvider.as_view(), name="provider-delete"),
]
