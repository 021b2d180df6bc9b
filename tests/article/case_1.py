import asyncio
from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.memory import MemoryBackend
from pyjobkit_django.contracts import ExecContext, Executor

class HelloExecutor(Executor):
    kind = "hello"

    async def run(self, *, job_id, payload, ctx: ExecContext):
        await ctx.log(f"Обработка задачи {job_id}")
        name = payload.get("name", "мир")
        return {"message": f"Привет, {name}!"}

async def main():
    backend = MemoryBackend()
    engine = Engine(backend=backend, executors=[HelloExecutor()])
    worker = Worker(engine, max_concurrency=2)

    # Постановка задачи в очередь
    job_id = await engine.enqueue(kind="hello", payload={"name": "Ада"})
    print("Задача поставлена:", job_id)

    # Запуск worker (в production — в отдельном процессе)
    await worker.run()

asyncio.run(main())
