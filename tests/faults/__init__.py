"""What goes wrong around workers, and the proof that no job is lost to it.

- ``journal``: the lines that jobs and faults write, append-only
- ``history``: the checker, which reads them
- ``faults``: one function a fault; ``trial`` runs jobs through it with real workers
- ``__main__``: ``make chaos``, all of them, longer
"""
