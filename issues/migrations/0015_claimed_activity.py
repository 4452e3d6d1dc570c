from django.db import migrations, models

CALLING_KINDS = (
    'set_resolved',
    'set_unresolved',
    'set_ignored',
    'set_regression',
    'set_escalating',
    'set_resolved_by_age',
    'assigned',
    'note',
)


class Migration(migrations.Migration):

    dependencies = [
        ('issues', '0014_subscriptions'),
    ]

    operations = [
        # What there is already counts as claimed; no row is rewritten.
        migrations.AddField(
            model_name='activity',
            name='is_claimed',
            field=models.BooleanField(db_default=True, default=False),
        ),
        migrations.AlterField(
            model_name='activity',
            name='is_claimed',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(condition=models.Q(('is_claimed', False), ('kind__in', CALLING_KINDS)), fields=['created_at'], name='activity_to_claim'),
        ),
    ]
