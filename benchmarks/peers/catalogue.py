"""The peers: what each needs, and its worker at the best settings that it documents."""

from __future__ import annotations

from benchmarks.stands import Setting, Subject

_PROGRAMS = "benchmarks.peers.programs"
_POSTGRESQL = "psycopg[binary,pool]~=3.2"


def _pgqueuer(batch: int, *, jobs: int = 60_000, workers: int = 1) -> Setting:
    plural = f", {workers} workers" if workers > 1 else ""
    return Setting(
        label=f"batch size {batch}{plural}",
        command=("-m", f"{_PROGRAMS}.pgqueuer", "worker", str(batch)),
        jobs=jobs,
        workers=workers,
    )


PGQUEUER = Subject(
    name="PGQueuer",
    program=f"{_PROGRAMS}.pgqueuer",
    requirements=("pgqueuer[asyncpg]~=1.6", "uvloop~=0.21"),
    unfinished="SELECT count(*) FROM pgqueuer",
    drains=(
        _pgqueuer(100),
        _pgqueuer(500),
        _pgqueuer(100, jobs=120_000, workers=2),
        _pgqueuer(500, jobs=120_000, workers=2),
    ),
    idle=_pgqueuer(10),
    sleeping=_pgqueuer(100, jobs=500),
)


def _oban(slots: int, jobs: int) -> Setting:
    return Setting(
        label=f"queue of {slots}",
        command=(
            *("-m", "oban", "start", "--dsn", "{dsn}", "--log-level", "error"),
            *("--queues", f"default:{slots}"),
        ),
        jobs=jobs,
    )


OBAN = Subject(
    name="Oban for Python",
    program=f"{_PROGRAMS}.oban",
    requirements=("oban~=0.7", _POSTGRESQL),
    unfinished=(
        "SELECT count(*) FROM oban_jobs WHERE state IN ('available', 'executing')"
    ),
    drains=(_oban(100, 6_000), _oban(500, 6_000)),
    idle=_oban(30, 0),
    sleeping=_oban(500, 500),
)


def _django(app: str) -> dict[str, str]:
    return {
        "BENCH_APP": app,
        "DJANGO_SETTINGS_MODULE": f"{_PROGRAMS}.django_settings",
    }


_DB_WORKER = ("-m", "django", "db_worker", "-v", "0", "--no-startup-delay")
DJANGO_TASKS_DB = Subject(
    name="django-tasks-db",
    program=f"{_PROGRAMS}.django_tasks",
    requirements=("django-tasks-db~=0.13", _POSTGRESQL),
    unfinished=(
        "SELECT count(*) FROM django_tasks_database_dbtaskresult"
        " WHERE status IN ('READY', 'RUNNING')"
    ),
    environment=_django("django_tasks_db"),
    drains=(Setting(label="CONN_MAX_AGE=None", command=_DB_WORKER, jobs=1_000),),
    idle=Setting(label="--interval 0.1", command=(*_DB_WORKER, "--interval", "0.1")),
    has_bulk=False,
)


def _django_q2(database: str, *, jobs: int) -> Subject:
    return Subject(
        name="django-q2",
        program=f"{_PROGRAMS}.django_q2",
        database=database,
        requirements=("django-q2~=1.11", _POSTGRESQL, "pymysql~=1.1", "setuptools>=75"),
        unfinished="SELECT count(*) FROM django_q_ormq",
        environment=_django("django_q"),
        drains=(
            Setting(
                label="2 workers, bulk 100",
                command=("-m", "django", "qcluster", "-v", "0"),
                jobs=jobs,
            ),
        ),
        has_bulk=False,
        enqueues=database == "postgresql",
    )


def _huey(database: str) -> Subject:
    return Subject(
        name="huey",
        program=f"{_PROGRAMS}.huey",
        database=database,
        requirements=("huey~=3.5", "redis>=5"),
        drains=(
            Setting(
                label="1 thread",
                command=(
                    *("-m", "huey.bin.huey_consumer", f"{_PROGRAMS}.huey.queue"),
                    *("-w", "1", "-k", "thread", "-q"),
                ),
                jobs=5_000,
            ),
        ),
        has_bulk=False,
        enqueues=database == "redis",
    )


PROCRASTINATE = Subject(
    name="Procrastinate",
    program=f"{_PROGRAMS}.procrastinate",
    requirements=("procrastinate~=3.10", _POSTGRESQL),
    unfinished=(
        "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    ),
    environment={"PROCRASTINATE_LOG_LEVEL": "error"},
    drains=(
        Setting(
            label="concurrency 30",
            command=(
                *("-m", "procrastinate", "-a", f"{_PROGRAMS}.procrastinate.app"),
                *("worker", "-c", "30"),
            ),
            jobs=2_000,
        ),
    ),
)
CELERY = Subject(
    name="Celery",
    program=f"{_PROGRAMS}.celery",
    database="redis",
    requirements=("celery[redis]~=5.5",),
    drains=(
        Setting(
            label="prefork 2, prefetch 64, results ignored",
            command=(
                *("-m", "celery", "-A", f"{_PROGRAMS}.celery", "worker", "-l", "ERROR"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                *("-Q", "bench", "-c", "2"),
            ),
            jobs=3_000,
        ),
    ),
    has_bulk=False,
)
STEADY_QUEUE = Subject(
    name="steady-queue",
    program=f"{_PROGRAMS}.django_tasks",
    requirements=("steady-queue~=0.3", _POSTGRESQL),
    unfinished="SELECT count(*) FROM steady_queue_job WHERE finished_at IS NULL",
    environment=_django("steady_queue"),
    drains=(
        Setting(
            label="10 threads, psycopg pool",
            command=("-m", "django", "steady_queue"),
            jobs=1_000,
        ),
    ),
    has_bulk=False,
)
DRAMATIQ = Subject(
    name="Dramatiq",
    program=f"{_PROGRAMS}.dramatiq",
    database="redis",
    requirements=("dramatiq[redis]~=2.0",),
    drains=(
        Setting(
            label="1 process, 8 threads",
            command=("-m", "dramatiq", f"{_PROGRAMS}.dramatiq", "-p", "1", "-t", "8"),
            jobs=5_000,
        ),
    ),
    has_bulk=False,
)
PYJOBKIT = Subject(
    name="pyjobkit 1.0",
    program=f"{_PROGRAMS}.pyjobkit",
    requirements=("pyjobkit[pg]~=1.0",),
    unfinished="SELECT count(*) FROM job_tasks WHERE status IN ('queued', 'running')",
    drains=(
        Setting(
            label="concurrency 16, batch 16, poll 0.5",
            command=("-m", f"{_PROGRAMS}.pyjobkit", "worker", "16", "16"),
            jobs=1_000,
        ),
    ),
    may_repeat=True,
)

#: What `make bench-peers` measures.
USUAL = (
    PGQUEUER,
    OBAN,
    DJANGO_TASKS_DB,
    _huey("sqlite"),
    _django_q2("sqlite", jobs=1_000),
    _django_q2("mariadb", jobs=1_000),
)
#: What ALL=1 adds.
MORE = (
    PROCRASTINATE,
    CELERY,
    _django_q2("postgresql", jobs=1_000),
    STEADY_QUEUE,
    _huey("redis"),
    DRAMATIQ,
    PYJOBKIT,
)
