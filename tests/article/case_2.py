import asyncio
import django
django.setup()
from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.contracts import Executor

class SubprocessExecutor(Executor):
    kind = "subprocess"

    async def run(self, *, job_id, payload, ctx):
        process = await asyncio.create_subprocess_shell(payload["cmd"], stdout=-1)
        output, _ = await process.communicate()
        return {"returncode": process.returncode, "output": output.decode()}

async def main():
    backend = DjangoBackend(lease_ttl_s=60)
    engine = Engine(backend=backend, executors=[SubprocessExecutor()])
    worker = Worker(engine, max_concurrency=4)

    # Постановка задачи: запуск bash-команды
    job_id = await engine.enqueue(kind="subprocess", payload={"cmd": "echo 'Hello from bash' && sleep 1"})
    print("Задача поставлена:", job_id)

    await worker.run()

asyncio.run(main())
