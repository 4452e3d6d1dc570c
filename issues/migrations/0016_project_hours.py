"""Events of projects by hour and level, with those that are there already."""

import django.db.models.deletion
from django.db import migrations, models

# What is stored, by the events' own levels; of what retention has dropped only the
# issues tell, once: a survivor repeats what its sources count.
FILL = """
INSERT INTO issues_projecthour (project_id, hour, level, count, expired_count)
SELECT project_id, hour, level, sum(stored) + sum(expired), sum(expired) FROM (
    SELECT project_id, floor(extract(epoch FROM "timestamp") / 3600)::int4 AS hour,
           level, count(*) AS stored, 0 AS expired
    FROM issues_event GROUP BY 1, 2, 3
    UNION ALL
    SELECT h.project_id, h.hour, s.level, 0, sum(h.expired_count)
    FROM issues_hourcount AS h JOIN issues_issuestate AS s USING (issue_id)
    WHERE h.expired_count > 0 AND NOT EXISTS (
        SELECT 1 FROM issues_familymember AS m WHERE m.survivor_id = h.issue_id
    ) GROUP BY 1, 2, 3
) AS counted GROUP BY 1, 2, 3
"""


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0015_claimed_activity"),
        ("projects", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="ProjectHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "hour",
                        "level",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("hour", models.IntegerField()),
                (
                    "level",
                    models.SmallIntegerField(
                        choices=[
                            (10, "Debug"),
                            (20, "Info"),
                            (30, "Warning"),
                            (40, "Error"),
                            (50, "Fatal"),
                        ]
                    ),
                ),
                ("count", models.IntegerField()),
                ("expired_count", models.IntegerField(default=0)),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
            ],
        ),
        # Room on the page for the next version of a row that every batch rewrites.
        migrations.RunSQL(
            "ALTER TABLE issues_projecthour SET (fillfactor = 70)",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=models.Q(kind__in=["set_resolved", "set_regression"]),
                fields=["project", "created_at"],
                include=["issue", "kind"],
                name="activity_of_overview",
            ),
        ),
    ]
