# Written by makemigrations.

import pyjobkit_django.ids
import pyjobkit_django.models.columns
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='JobAttempt',
            fields=[
                ('pk', models.CompositePrimaryKey('job_id', 'version', blank=True, editable=False, primary_key=True, serialize=False)),
                ('job_id', models.UUIDField(verbose_name='job')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('attempt', models.PositiveIntegerField(verbose_name='attempt')),
                ('worker_id', models.UUIDField(null=True, verbose_name='worker')),
                ('status', models.CharField(max_length=9, verbose_name='status')),
                ('started_at', models.DateTimeField(null=True, verbose_name='started at')),
                ('finished_at', models.DateTimeField(verbose_name='finished at')),
                ('failure', models.JSONField(verbose_name='failure')),
                ('traceback', models.TextField(blank=True, verbose_name='traceback')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
                'default_permissions': [],
            },
        ),
        migrations.CreateModel(
            name='JobLog',
            fields=[
                ('pk', models.CompositePrimaryKey('job_id', 'version', 'seq', blank=True, editable=False, primary_key=True, serialize=False)),
                ('job_id', models.UUIDField(verbose_name='job')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('seq', models.BigIntegerField(verbose_name='sequence')),
                ('lines', models.JSONField(verbose_name='lines')),
            ],
            options={
                'verbose_name': 'job log',
                'verbose_name_plural': 'job logs',
                'default_permissions': [],
            },
        ),
        migrations.CreateModel(
            name='WorkerRecord',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255, verbose_name='host')),
                ('pid', models.PositiveIntegerField(verbose_name='process id')),
                ('state', models.CharField(max_length=16, verbose_name='state')),
                ('max_concurrency', models.PositiveIntegerField(verbose_name='slots')),
                ('busy', models.PositiveIntegerField(verbose_name='slots busy')),
                ('done', models.PositiveBigIntegerField(verbose_name='jobs done')),
                ('kinds', models.JSONField(verbose_name='kinds')),
                ('queues', models.JSONField(verbose_name='queues')),
                ('tags', models.JSONField(verbose_name='tags')),
                ('peak_memory_bytes', models.PositiveBigIntegerField(null=True, verbose_name='peak memory (bytes)')),
                ('release', models.CharField(blank=True, max_length=64, verbose_name='release')),
                ('drain_requested', models.BooleanField(default=False, verbose_name='asked to drain')),
                ('started_at', models.DateTimeField(verbose_name='started at')),
                ('seen_at', models.DateTimeField(verbose_name='seen at')),
            ],
            options={
                'verbose_name': 'worker',
                'verbose_name_plural': 'workers',
                'permissions': [('drain_workerrecord', 'Can ask worker to drain')],
                'default_permissions': ['view'],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=pyjobkit_django.ids.new_job_id, editable=False, primary_key=True, serialize=False)),
                ('kind', pyjobkit_django.models.columns.ExactCharField(max_length=128, verbose_name='kind')),
                ('queue', pyjobkit_django.models.columns.ExactCharField(default='default', max_length=128, verbose_name='queue')),
                ('payload', models.JSONField(decoder=pyjobkit_django.models.columns.JSONDecoder, default=dict, verbose_name='payload')),
                ('priority', models.IntegerField(default=100, help_text='Lower runs first.', verbose_name='priority')),
                ('status', models.CharField(choices=[('scheduled', 'scheduled'), ('queued', 'queued'), ('running', 'running'), ('success', 'success'), ('failed', 'failed'), ('timeout', 'timeout'), ('cancelled', 'cancelled')], default='queued', max_length=9, verbose_name='status')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('max_attempts', models.PositiveIntegerField(default=3, verbose_name='max attempts')),
                ('lost_runs', models.PositiveIntegerField(default=0, help_text='Runs that ended with their worker.', verbose_name='lost runs')),
                ('retry_policy', models.CharField(max_length=255, null=True, verbose_name='retry policy')),
                ('timeout_s', models.FloatField(null=True, verbose_name='timeout (seconds)')),
                ('scheduled_for', models.DateTimeField(verbose_name='scheduled for')),
                ('created_at', models.DateTimeField(verbose_name='created at')),
                ('started_at', models.DateTimeField(null=True, verbose_name='started at')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished at')),
                ('leased_by', models.UUIDField(null=True, verbose_name='leased by')),
                ('lease_until', models.DateTimeField(null=True, verbose_name='lease until')),
                ('version', models.PositiveIntegerField(default=0, verbose_name='version')),
                ('cancel_requested', models.BooleanField(default=False, verbose_name='cancel requested')),
                ('result', models.JSONField(decoder=pyjobkit_django.models.columns.JSONDecoder, null=True, verbose_name='result')),
                ('failure', models.JSONField(decoder=pyjobkit_django.models.columns.JSONDecoder, null=True, verbose_name='failure')),
                ('progress', models.FloatField(null=True, verbose_name='progress')),
                ('progress_meta', models.JSONField(decoder=pyjobkit_django.models.columns.JSONDecoder, null=True, verbose_name='progress details')),
                ('idempotency_key', pyjobkit_django.models.columns.ExactCharField(max_length=255, null=True, verbose_name='idempotency key')),
                ('unique_key', pyjobkit_django.models.columns.ExactCharField(max_length=255, null=True, verbose_name='unique key')),
                ('tags', pyjobkit_django.models.columns.TagsField(default=tuple, verbose_name='tags')),
                ('parent', models.UUIDField(null=True, verbose_name='parent')),
                ('shadow', models.BooleanField(default=False, verbose_name='shadow')),
                ('chain', models.JSONField(decoder=pyjobkit_django.models.columns.JSONDecoder, null=True, verbose_name='chain')),
                ('webhooks', models.JSONField(null=True, verbose_name='webhooks')),
                ('trace_context', models.JSONField(null=True, verbose_name='trace context')),
            ],
            options={
                'verbose_name': 'job',
                'verbose_name_plural': 'jobs',
                'permissions': [('cancel_job', 'Can cancel job'), ('requeue_job', 'Can requeue job'), ('run_job', 'Can run job before its time'), ('prune_job', 'Can prune ended jobs'), ('clone_job', 'Can enqueue job anew with another payload')],
                'default_permissions': ['view', 'delete'],
                'indexes': [pyjobkit_django.models.columns.PartialIndex(fields=['lost_runs', 'queue', 'kind', 'priority', 'scheduled_for', 'id'], name='pyjobkit_job_claim', otherwise=('status', 'lost_runs', 'queue', 'kind', 'priority', 'scheduled_for', 'id'), where=models.Q(('lease_until__isnull', True), ('status', 'queued'))), pyjobkit_django.models.columns.PartialIndex(fields=['scheduled_for'], name='pyjobkit_job_scheduled', otherwise=('status', 'scheduled_for'), where=models.Q(('status', 'scheduled'))), pyjobkit_django.models.columns.PartialIndex(fields=['id'], name='pyjobkit_job_leased', otherwise=('lease_until',), where=models.Q(('lease_until__isnull', False))), pyjobkit_django.models.columns.PartialIndex(fields=['id'], name='pyjobkit_job_failed', otherwise=(), where=models.Q(('status__in', ['failed', 'timeout'])))],
                'constraints': [pyjobkit_django.models.columns.UniqueWhenSet(field='idempotency_key', name='pyjobkit_job_idempotency_key'), pyjobkit_django.models.columns.UniqueWhenSet(field='unique_key', name='pyjobkit_job_unique_key')],
            },
        ),
    ]
