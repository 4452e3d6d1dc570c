import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0008_issue_text"),
        ("projects", "0006_grouping_versions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="issue",
            name="number",
            field=models.IntegerField(),
        ),
        migrations.CreateModel(
            name="FamilyMember",
            fields=[
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="membership",
                        serialize=False,
                        to="issues.issue",
                    ),
                ),
                ("merged_at", models.DateTimeField()),
                ("before", models.JSONField(default=dict)),
                (
                    "lent_bookmarks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                (
                    "counter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="issues.issue",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="family",
                        to="issues.issue",
                    ),
                ),
            ],
        ),
    ]
