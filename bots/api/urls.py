from bots.api import guardrails, testing, versions, views
from tenants.http import route

urlpatterns = [
    route("bots", views.BotsView.as_view(), "bots"),
    route("bots/<uuid:bot_id>", views.BotView.as_view(), "bot"),
    route("bots/<uuid:bot_id>/datasets", views.LinksView.as_view(), "bot-datasets"),
    route("bots/<uuid:bot_id>/datasets/<uuid:dataset_id>", views.LinkView.as_view(), "bot-dataset"),
    route("bots/<uuid:bot_id>/scopes", views.ScopesView.as_view(), "bot-scopes"),
    route("bots/<uuid:bot_id>/scopes/<uuid:scope_id>", views.ScopeView.as_view(), "bot-scope"),
    route("bots/<uuid:bot_id>/guardrails/bench", guardrails.BenchView.as_view(), "bot-guardrails-bench"),
    route("bots/<uuid:bot_id>/draft", versions.DraftView.as_view(), "bot-draft"),
    route("bots/<uuid:bot_id>/draft/discard", versions.DiscardView.as_view(), "bot-draft-discard"),
    route("bots/<uuid:bot_id>/publish", versions.PublishView.as_view(), "bot-publish"),
    route("bots/<uuid:bot_id>/rollback", versions.RollbackView.as_view(), "bot-rollback"),
    route("bots/<uuid:bot_id>/versions", versions.VersionsView.as_view(), "bot-versions"),
    route("bots/<uuid:bot_id>/versions/<int:number>", versions.VersionView.as_view(), "bot-version"),
    route("bots/<uuid:bot_id>/versions/<int:number>/changes", versions.ChangesView.as_view(), "bot-version-changes"),
    route("bots/<uuid:bot_id>/test-sets", testing.TestSetsView.as_view(), "test-sets"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>", testing.TestSetView.as_view(), "test-set"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>/cases", testing.CasesView.as_view(), "test-cases"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>/cases/import", testing.ImportView.as_view(), "test-import"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>/cases/export", testing.ExportView.as_view(), "test-export"),
    route("bots/<uuid:bot_id>/test-sets/<uuid:set_id>/cases/<uuid:case_id>", testing.CaseView.as_view(), "test-case"),
    route("bots/<uuid:bot_id>/keys", views.TiesView.as_view(), "bot-keys"),
    route("bots/<uuid:bot_id>/keys/<uuid:key_id>", views.TieView.as_view(), "bot-key"),
]
