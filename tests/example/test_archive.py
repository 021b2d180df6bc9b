from __future__ import annotations

import gzip
import hashlib

from reports.archive import pack, packed_of, seal, seal_of


def test_a_report_is_packed_beside_itself(tmp_path):
    report = tmp_path / "all.md"
    report.write_text("# Sales\n")
    size = pack(report)
    packed = packed_of(report)

    assert packed == tmp_path / "all.md.gz"
    assert packed.stat().st_size == size
    assert gzip.decompress(packed.read_bytes()) == b"# Sales\n"


def test_a_seal_is_what_sha256sum_writes(tmp_path):
    packed = tmp_path / "all.md.gz"
    packed.write_bytes(b"packed")
    digest = seal(packed)

    assert digest == hashlib.sha256(b"packed").hexdigest()
    assert seal_of(packed).read_text() == f"{digest}  all.md.gz\n"
