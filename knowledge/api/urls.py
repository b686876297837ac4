from knowledge.api.views import chunks, datasets, documents, embedding, imports
from tenants.http import route

_DATASET = "datasets/<uuid:dataset_id>"
_DOCUMENT = f"{_DATASET}/documents/<uuid:document_id>"

urlpatterns = [
    route("datasets", datasets.DatasetsView.as_view(), "datasets"),
    route(_DATASET, datasets.DatasetView.as_view(), "dataset"),
    route(f"{_DATASET}/search", datasets.SearchView.as_view(), "dataset-search"),
    route(f"{_DATASET}/preview", documents.PreviewView.as_view(), "dataset-preview"),
    route(f"{_DATASET}/embedding", embedding.EmbeddingView.as_view(), "dataset-embedding"),
    route(f"{_DATASET}/embedding/estimate", embedding.EstimateView.as_view(), "dataset-embedding-estimate"),
    route(f"{_DATASET}/embedding/retry", embedding.RetryMoveView.as_view(), "dataset-embedding-retry"),
    route(f"{_DATASET}/imports", imports.ImportsView.as_view(), "imports"),
    route(f"{_DATASET}/imports/<uuid:import_id>", imports.ImportView.as_view(), "import"),
    route(f"{_DATASET}/documents", documents.DocumentsView.as_view(), "documents"),
    route(f"{_DATASET}/documents/upload", documents.UploadView.as_view(), "documents-upload"),
    route(f"{_DATASET}/documents/reprocess", documents.ReprocessAllView.as_view(), "documents-reprocess"),
    route(f"{_DATASET}/documents/retry", documents.RetryAllView.as_view(), "documents-retry"),
    route(f"{_DATASET}/documents/cancel", documents.CancelAllView.as_view(), "documents-cancel"),
    route(_DOCUMENT, documents.DocumentView.as_view(), "document"),
    route(f"{_DOCUMENT}/replace", documents.ReplaceView.as_view(), "document-replace"),
    route(f"{_DOCUMENT}/reprocess", documents.ReprocessView.as_view(), "document-reprocess"),
    route(f"{_DOCUMENT}/retry", documents.RetryView.as_view(), "document-retry"),
    route(f"{_DOCUMENT}/cancel", documents.CancelView.as_view(), "document-cancel"),
    route(f"{_DOCUMENT}/chunks", chunks.ChunksView.as_view(), "document-chunks"),
    route(f"{_DOCUMENT}/chunks/<uuid:chunk_id>", chunks.ChunkView.as_view(), "document-chunk"),
]
