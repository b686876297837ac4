"""The life of datasets, documents and chunks. Each call is one transaction with its audit row; `by` is who does it.

What is stored and queued here is worked on by `ingest`.
"""

from knowledge.ingest.intake import Added as Added
from knowledge.services.chunks import update_chunk as update_chunk
from knowledge.services.datasets import DatasetInUse as DatasetInUse
from knowledge.services.datasets import create_dataset as create_dataset
from knowledge.services.datasets import delete_dataset as delete_dataset
from knowledge.services.datasets import update_dataset as update_dataset
from knowledge.services.documents import EditsWouldBeLost as EditsWouldBeLost
from knowledge.services.documents import cancel_document as cancel_document
from knowledge.services.documents import cancel_documents as cancel_documents
from knowledge.services.documents import delete_document as delete_document
from knowledge.services.documents import new_version as new_version
from knowledge.services.documents import replace_document as replace_document
from knowledge.services.documents import reprocess_document as reprocess_document
from knowledge.services.documents import reprocess_documents as reprocess_documents
from knowledge.services.documents import retry_document as retry_document
from knowledge.services.documents import retry_documents as retry_documents
from knowledge.services.documents import tag_documents as tag_documents
from knowledge.services.documents import update_document as update_document
from knowledge.services.embedding import MoveCost as MoveCost
from knowledge.services.embedding import cancel_move as cancel_move
from knowledge.services.embedding import cost_of_move as cost_of_move
from knowledge.services.embedding import retry_move as retry_move
from knowledge.services.embedding import start_move as start_move
from knowledge.services.preview import preview as preview
from knowledge.services.sources import add_files as add_files
from knowledge.services.sources import add_page as add_page
from knowledge.services.sources import add_pairs as add_pairs
from knowledge.services.sources import add_text as add_text
from knowledge.services.sources import delete_import as delete_import
from knowledge.services.sources import import_site as import_site
from knowledge.services.uploads import upload_limits as upload_limits
