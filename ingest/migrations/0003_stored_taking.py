from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0002_committed_batch'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredTaking',
            fields=[
                ('id', models.SmallIntegerField(primary_key=True, serialize=False)),
                ('taking', models.UUIDField()),
            ],
        ),
    ]
