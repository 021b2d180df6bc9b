import asyncio
import os
import django
django.setup()
from asyncssh import connect as ssh_connect
from pyjobkit_django import Engine, Worker
from pyjobkit_django.backends.orm import DjangoBackend
from pyjobkit_django.contracts import ExecContext, Executor

class SSHExecutor(Executor):
    kind = "ssh"

    async def run(self, *, job_id, payload, ctx: ExecContext):
        host = payload["host"]
        cmd = payload["cmd"]
        username = payload.get("username", "user")
        key_path = payload.get("key_path")

        await ctx.log(f"Подключение к {host} для задачи {job_id}")
        async with ssh_connect(host, username=username, client_keys=[key_path]) as conn:
            result = await conn.run(cmd)
            if result.exit_status != 0:
                raise RuntimeError(f"Ошибка SSH: {result.stderr}")
            return {"output": result.stdout}

async def main():
    engine = Engine(backend=DjangoBackend(), executors=[SSHExecutor()])
    worker = Worker(engine, max_concurrency=2)

    job_id = await engine.enqueue(kind="ssh", payload={
        "host": "example.com",
        "cmd": "bash remote_script.sh",
        "username": "deploy",
        "key_path": os.environ["KEY_PATH"]
    })
    print("Задача поставлена:", job_id)

    await worker.run()

asyncio.run(main())
