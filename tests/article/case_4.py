import asyncio
import os
import django
django.setup()
from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.contracts import EventBus
from pyjobkit_django.executors import HTTPExecutor

class PrintingBus(EventBus):
    async def publish(self, topic, payload):
        print(topic, payload)

async def main():
    engine = Engine(backend=DjangoBackend(), executors=[HTTPExecutor()], event_bus=PrintingBus())
    worker = Worker(engine, max_concurrency=4, batch_size=2, lease_ttl=30, poll_interval=0.5)

    job_id = await engine.enqueue(kind="http", payload={
        "url": os.environ["URL"],
        "method": "POST",
        "body": {"data": "test"}
    })
    print("Задача поставлена:", job_id)

    await worker.run()

asyncio.run(main())
