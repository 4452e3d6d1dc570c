"""Tables that Django cannot describe, and storage settings of the hot ones."""

from django.db import migrations

# Wide columns stand first, so that no row pays for alignment. Only two indexes,
# for the two that read: an issue's events by time, here; the probe for
# duplicates, made with each partition, because a unique index of the whole table
# would have to hold received_at.
# The payload is compressed already: EXTERNAL keeps PostgreSQL from trying again.
EVENT = """
CREATE TABLE issues_event (
    received_at timestamptz NOT NULL,
    "timestamp" timestamptz NOT NULL,
    project_id int4 NOT NULL,
    issue_id int4 NOT NULL,
    user_id int4,
    dictionary_id int4 NOT NULL DEFAULT 0,
    level int2 NOT NULL,
    event_id uuid NOT NULL,
    stack_part uuid,
    modules_part uuid,
    tag_ids int4[] NOT NULL,
    payload bytea STORAGE EXTERNAL
) PARTITION BY RANGE (received_at);
CREATE INDEX event_of_issue ON issues_event (issue_id, received_at);
CREATE TABLE issues_eventpart (
    day date NOT NULL,
    project_id int4 NOT NULL,
    hash uuid NOT NULL,
    data bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (day, project_id, hash)
) PARTITION BY RANGE (day);
"""

DROP = """
DROP TABLE issues_eventpart;
DROP TABLE issues_event;
"""

# Room on the page for the next version of a row that every batch rewrites.
FILL = """
ALTER TABLE issues_issuestate SET (fillfactor = 70);
ALTER TABLE issues_hourcount SET (fillfactor = 80);
ALTER TABLE issues_issuetags SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    dependencies = [("issues", "0001_initial")]
    operations = [
        migrations.RunSQL(EVENT, DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
