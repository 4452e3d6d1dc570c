"""How many issues are resolved in a release is counted by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0020_recent_hours")]
    operations = [
        migrations.AddIndex(
            model_name="resolution",
            index=models.Index(
                fields=["project", "version"], name="resolution_release"
            ),
        ),
    ]
