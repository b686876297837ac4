import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bots", "0007_test_sets")]

    operations = [
        migrations.AddField(
            model_name="botdataset",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(model_name="botdataset", name="metadata", field=models.JSONField(blank=True, default=dict)),
    ]
