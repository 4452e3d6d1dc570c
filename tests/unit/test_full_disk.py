"""What the supervisor writes for later may fail: the service goes on.

A folder in the place of a file stands for the full disk.
"""

from pathlib import Path

from errtrack.embedded import leftovers, logfiles


def test_service_goes_on_without_a_record(tmp_path: Path) -> None:
    (tmp_path / ".processes.json").mkdir()
    leftovers.record(tmp_path, [])
    assert not (tmp_path / "processes.json").exists()


def test_long_log_makes_room_though_its_end_cannot_be_kept(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "valkey.log"
    log.with_suffix(".log.old").mkdir(parents=True)
    log.write_bytes(b"x" * (logfiles.MAX_BYTES + 1))
    logfiles.trim(tmp_path)
    assert log.stat().st_size == 0
