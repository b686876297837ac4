"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from bots.dashboard import datasets

urlpatterns: list[URLPattern] = [
    path("knowledge/<uuid:dataset_id>/delete/", datasets.DatasetDeletePage.as_view(), name="dataset-delete"),
    path("knowledge/<uuid:dataset_id>/bots/", datasets.DatasetBotsPage.as_view(), name="dataset-bots"),
]
