"""Hours of a project by environment, too, with those of the stored events."""

from django.db import migrations, models

# Those of before are of all environments together.
ADD = """
ALTER TABLE issues_projecthour ADD COLUMN environment_id int4 NOT NULL DEFAULT 0;
ALTER TABLE issues_projecthour ALTER COLUMN environment_id DROP DEFAULT;
ALTER TABLE issues_projecthour DROP CONSTRAINT issues_projecthour_pkey;
ALTER TABLE issues_projecthour
    ADD PRIMARY KEY (project_id, environment_id, hour, level)
"""
REMOVE = """
DELETE FROM issues_projecthour WHERE environment_id <> 0;
ALTER TABLE issues_projecthour DROP COLUMN environment_id;
ALTER TABLE issues_projecthour ADD PRIMARY KEY (project_id, hour, level)
"""
# Of the first 50 environments of each project, as the digest goes on to count them.
FILL = """
INSERT INTO issues_projecthour (project_id, environment_id, hour, level, count,
    expired_count)
SELECT e.project_id, named.id, floor(extract(epoch FROM e."timestamp") / 3600)::int4,
       e.level, count(*), 0
FROM issues_event AS e
JOIN (
    SELECT p.id AS project_id, ARRAY(SELECT t.id FROM issues_tag AS t
        WHERE t.project_id = p.id AND t.key = 'environment' AND t.value <> ''
        ORDER BY t.id LIMIT 50) AS ids
    FROM projects_project AS p
) AS kept USING (project_id)
CROSS JOIN LATERAL (
    SELECT id FROM unnest(kept.ids) AS id WHERE id = ANY(e.tag_ids)
) AS named
GROUP BY 1, 2, 3, 4
"""


class Migration(migrations.Migration):
    dependencies = [("issues", "0018_events_by_receipt")]
    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(ADD, REMOVE)],
            [
                migrations.AddField(
                    "projecthour", "environment_id", models.IntegerField(default=0)
                ),
                migrations.AlterField(
                    "projecthour",
                    "pk",
                    models.CompositePrimaryKey(
                        "project_id",
                        "environment_id",
                        "hour",
                        "level",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
