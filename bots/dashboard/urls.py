"""The dashboard's pages of bots; their playground and tests are made by the app above."""

from __future__ import annotations

from django.urls import URLPattern, path

from bots.dashboard import datasets, guardrails, knowledge, lists, prompt, versions

BOT = "bots/<uuid:bot_id>/"
urlpatterns: list[URLPattern] = [
    path("bots/", lists.BotsPage.as_view(), name="bots"),
    path("bots/new/", lists.NewBotPage.as_view(), name="bot-new"),
    path("bots/models/", prompt.ModelsPage.as_view(), name="bot-models"),
    path(BOT, prompt.PromptPage.as_view(), name="bot"),
    path(f"{BOT}copy/", lists.DuplicatePage.as_view(), name="bot-duplicate"),
    path(f"{BOT}delete/", lists.DeleteBotPage.as_view(), name="bot-delete"),
    path(f"{BOT}keys/", prompt.TieKeyPage.as_view(), name="bot-tie"),
    path(f"{BOT}keys/<uuid:key_id>/untie/", prompt.UntieKeyPage.as_view(), name="bot-untie"),
    path(f"{BOT}knowledge/", knowledge.KnowledgePage.as_view(), name="bot-knowledge"),
    path(f"{BOT}knowledge/add/", knowledge.LinkPage.as_view(), name="bot-link"),
    path(f"{BOT}knowledge/<uuid:dataset_id>/remove/", knowledge.UnlinkPage.as_view(), name="bot-unlink"),
    path(f"{BOT}guardrails/", guardrails.GuardrailsPage.as_view(), name="bot-guardrails"),
    path(f"{BOT}versions/", versions.VersionsPage.as_view(), name="bot-versions"),
    path(f"{BOT}publish/", versions.PublishPage.as_view(), name="bot-publish"),
    path(f"{BOT}discard/", versions.DiscardPage.as_view(), name="bot-discard"),
    path(f"{BOT}versions/<int:number>/back/", versions.RollbackPage.as_view(), name="bot-rollback"),
    path("knowledge/<uuid:dataset_id>/delete/", datasets.DatasetDeletePage.as_view(), name="dataset-delete"),
    path("knowledge/<uuid:dataset_id>/bots/", datasets.DatasetBotsPage.as_view(), name="dataset-bots"),
]
