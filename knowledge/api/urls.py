from knowledge.api import views
from tenants.http import route

_DATASET = "datasets/<uuid:dataset_id>"
_DOCUMENT = f"{_DATASET}/documents/<uuid:document_id>"

urlpatterns = [
    route("datasets", views.DatasetsView.as_view(), "datasets"),
    route(_DATASET, views.DatasetView.as_view(), "dataset"),
    route(f"{_DATASET}/search", views.SearchView.as_view(), "dataset-search"),
    route(f"{_DATASET}/documents", views.DocumentsView.as_view(), "documents"),
    route(f"{_DATASET}/documents/upload", views.UploadView.as_view(), "documents-upload"),
    route(_DOCUMENT, views.DocumentView.as_view(), "document"),
    route(f"{_DOCUMENT}/chunks", views.ChunksView.as_view(), "document-chunks"),
    route(f"{_DOCUMENT}/reprocess", views.ReprocessView.as_view(), "document-reprocess"),
]
