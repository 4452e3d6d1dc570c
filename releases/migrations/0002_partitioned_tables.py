"""Tables that Django cannot describe, and storage settings of the hot ones."""

from django.db import migrations

# Each has the one index that serves both its writer and its reader. Wide columns
# stand first, so that no row pays for alignment.
TABLES = """
CREATE TABLE releases_sessionstate (
    sid uuid NOT NULL,
    user_hash int8,
    day date NOT NULL,
    project_id int4 NOT NULL,
    release_environment_id int4 NOT NULL,
    hour int4 NOT NULL,
    health int2 NOT NULL,
    PRIMARY KEY (project_id, sid, day)
) PARTITION BY RANGE (day);
CREATE TABLE releases_releaseuser (
    user_hash int8 NOT NULL,
    day date NOT NULL,
    project_id int4 NOT NULL,
    release_environment_id int4 NOT NULL,
    seen int4 NOT NULL,
    errored int4 NOT NULL,
    unhandled int4 NOT NULL,
    abnormal int4 NOT NULL,
    crashed int4 NOT NULL,
    PRIMARY KEY (release_environment_id, user_hash, day)
) PARTITION BY RANGE (day);
"""

DROP = """
DROP TABLE releases_releaseuser;
DROP TABLE releases_sessionstate;
"""

# Room on the page for the next version of a row that every batch rewrites.
FILL = """
ALTER TABLE releases_releasehour SET (fillfactor = 70);
ALTER TABLE releases_releaseenvironment SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial")]
    operations = [
        migrations.RunSQL(TABLES, DROP),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
