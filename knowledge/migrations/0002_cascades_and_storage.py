"""What models cannot say: rows that go with their document by the database's own hand, and vectors kept in the row."""

from django.db import migrations

CASCADES = [
    ("knowledge_chunk", "chunk_document", "document_id", "knowledge_document"),
    ("knowledge_chunkvector", "vector_chunk", "chunk_id", "knowledge_chunk"),
    ("knowledge_chunkvector", "vector_document", "document_id", "knowledge_document"),
    ("knowledge_chunkvector", "vector_space", "space_id", "knowledge_embeddingspace"),
]


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]

    operations = [
        *[
            migrations.RunSQL(
                sql=f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column})"
                f" REFERENCES {target} (id) ON DELETE CASCADE",
                reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, column, target in CASCADES
        ],
        # Out of line (TOAST), an exact scan takes five times as long.
        migrations.RunSQL(
            sql="ALTER TABLE knowledge_chunkvector ALTER COLUMN vector SET STORAGE PLAIN",
            reverse_sql="ALTER TABLE knowledge_chunkvector ALTER COLUMN vector SET STORAGE EXTERNAL",
        ),
    ]
