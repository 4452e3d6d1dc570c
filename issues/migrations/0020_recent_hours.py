"""Where the hours of a day stand, which the order by trend sums for all issues at once.

Rows are added as hours pass, so that a range of blocks is a range of time: some bytes a
megabyte, and nothing that a new row must write. Without it a thousand issues' hours were
looked up one by one.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("issues", "0019_hours_of_environments")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX hour_count_recent ON issues_hourcount USING brin (hour)"
            " WITH (pages_per_range = 16, autosummarize = on)",
            "DROP INDEX hour_count_recent",
        ),
    ]
