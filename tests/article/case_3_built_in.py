import asyncio
import os
import django
django.setup()
from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.executors import SSHExecutor

async def main():
    engine = Engine(backend=DjangoBackend(), executors=[SSHExecutor()])
    worker = Worker(engine, max_concurrency=2)

    job_id = await engine.enqueue(kind="ssh", payload={
        "host": "127.0.0.1",
        "port": int(os.environ["PORT"]),
        "cmd": "bash remote_script.sh",
        "username": "deploy",
        "key_path": os.environ["KEY_PATH"]
    })
    print("Задача поставлена:", job_id)

    await worker.run()

asyncio.run(main())
