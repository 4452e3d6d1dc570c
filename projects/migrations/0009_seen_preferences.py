"""The language and time zone of the browser that a user used last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0008_oldest_frame_first")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="seen_language",
            field=models.CharField(blank=True, default="", max_length=10),
        ),
        migrations.AddField(
            model_name="user",
            name="seen_time_zone",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
    ]
