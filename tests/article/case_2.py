import asyncio
import django
from django.core.management import call_command

def create_schema():
    django.setup()
    call_command("migrate", verbosity=0)

create_schema()

from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.executors import SubprocessExecutor

async def main():
    backend = DjangoBackend(lease_ttl_s=60)
    engine = Engine(backend=backend, executors=[SubprocessExecutor()])
    worker = Worker(engine, max_concurrency=4)

    # Постановка задачи: запуск bash-команды
    job_id = await engine.enqueue(kind="subprocess", payload={"cmd": "echo 'Hello from bash' && sleep 1"})
    print("Задача поставлена:", job_id)

    await worker.run()

asyncio.run(main())
