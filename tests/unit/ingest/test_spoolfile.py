"""What a segment of the spool gives back, also after a crash in the midst of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest import spoolfile, spoolfolder
from ingest.spoolfile import Chunk, Segment, Writer
from ingest.spoolfolder import Folder, Slot

BODIES = [b"one", b"", b"three" * 1000]


def written(folder: Path, bodies: list[bytes] = BODIES) -> Segment:
    writer = Writer(folder, 0, 1)
    for number, body in enumerate(bodies):
        writer.write(spoolfile.pack(b"head %d" % number, body))
    writer.close()
    return writer.segment


def reopened(segment: Segment) -> Segment:
    """As another process finds it."""
    found = spoolfile.open_segment(segment.path)
    assert found is not None
    return found


def read_all(segment: Segment) -> Chunk:
    return spoolfile.read(segment, max_records=10_000, max_bytes=2**30)


def bodies_in(segment: Segment) -> list[bytes]:
    return [record.body for record in read_all(segment).records]


def change(path: Path, at: int, data: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(content)


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    segment = reopened(written(tmp_path))
    chunk = read_all(segment)
    assert [(one.head, one.body) for one in chunk.records] == [
        (b"head %d" % number, body) for number, body in enumerate(BODIES)
    ]
    assert chunk.records[-1].end == segment.size
    assert (chunk.damaged_bytes, chunk.is_torn) == (0, False)


def test_many_records_are_written_at_once(tmp_path: Path) -> None:
    writer = Writer(tmp_path, 0, 1)
    bodies = [b"%d" % number * 50 for number in range(3000)]
    writer.write([piece for body in bodies for piece in spoolfile.pack(b"h", body)])
    writer.close()
    assert bodies_in(reopened(writer.segment)) == bodies


def test_reading_goes_on_where_it_was_left(tmp_path: Path) -> None:
    segment = written(tmp_path)
    first = spoolfile.read(segment, max_records=1, max_bytes=2**20).records
    spoolfile.note_progress(segment, first[-1].end)
    assert bodies_in(reopened(segment)) == BODIES[1:]


def test_a_chunk_is_bounded_in_bytes_but_never_empty(tmp_path: Path) -> None:
    segment = written(tmp_path, [b"x" * 100] * 5)
    chunk = spoolfile.read(segment, max_records=100, max_bytes=300)
    assert len(chunk.records) == 2
    assert len(spoolfile.read(segment, max_records=100, max_bytes=1).records) == 1


@pytest.mark.parametrize("kept_bytes", [0, 1, 10, 15, 20, 5000])
def test_a_torn_last_record_is_recognised(tmp_path: Path, kept_bytes: int) -> None:
    segment = written(tmp_path)
    last = read_all(segment).records[-1]
    content = segment.path.read_bytes()
    segment.path.write_bytes(content[: last.start + kept_bytes])
    chunk = read_all(reopened(segment))
    assert [record.body for record in chunk.records] == BODIES[:2]
    assert chunk.is_torn == (kept_bytes > 0)


def test_a_hole_at_the_end_is_no_record(tmp_path: Path) -> None:
    segment = written(tmp_path)
    with segment.path.open("ab") as file:
        file.write(bytes(4096))
    chunk = read_all(reopened(segment))
    assert [record.body for record in chunk.records] == BODIES
    assert (chunk.damaged_bytes, chunk.is_torn) == (4096, True)


def test_records_behind_a_damaged_one_are_found(tmp_path: Path) -> None:
    segment = written(tmp_path, [b"a" * 50, b"b" * 50, b"c" * 50])
    first, damaged, last = read_all(segment).records
    change(segment.path, damaged.start + 30, b"!")
    chunk = read_all(reopened(segment))
    assert [record.body for record in chunk.records] == [first.body, last.body]
    assert chunk.damaged_bytes == damaged.end - damaged.start
    assert chunk.records[1].start == damaged.start


def test_a_file_without_a_whole_beginning_is_removed(tmp_path: Path) -> None:
    slot = Slot.take_lowest(tmp_path)
    (slot.folder / "0-5").write_bytes(spoolfile.MAGIC[:7])
    assert slot.segments() == []
    assert not (slot.folder / "0-5").exists()
    slot.release()


def test_each_process_has_a_slot_of_its_own(tmp_path: Path) -> None:
    first, second = Slot.take_lowest(tmp_path), Slot.take_lowest(tmp_path)
    assert [first.folder.name, second.folder.name] == ["0", "1"]
    assert Slot.take(first.folder) is None
    first.release()
    third = Slot.take_lowest(tmp_path)
    assert third.folder.name == "0"
    third.release()
    second.release()


def pieces(body: bytes) -> spoolfolder.Pieces:
    return spoolfile.pack(b"head", body)


def test_leftovers_of_a_slot_come_in_order(tmp_path: Path) -> None:
    before = Folder(tmp_path, 2**30)
    before.take_slot()
    large = b"x" * spoolfolder.SEGMENT_BYTES
    for body in (large, b"2", large, b"4"):
        assert before.write(3, [pieces(body)]).kept == 1
    before.close()
    after = Folder(tmp_path, 2**30)
    segments = after.take_slot()
    assert [segment.shard for segment in segments] == [3, 3, 3]
    found = [body for segment in segments for body in bodies_in(segment)]
    assert found == [large, b"2", large, b"4"]
    begun = after.write(3, [pieces(b"5")]).begun
    assert begun is not None
    assert begun.begun_ms > segments[-1].begun_ms
    after.close()


def test_all_processes_share_the_bound(tmp_path: Path) -> None:
    one, other = Folder(tmp_path, 3000), Folder(tmp_path, 3000)
    one.take_slot()
    other.take_slot()
    record = pieces(b"x" * 900)
    assert one.write(0, [record] * 2).kept == 2
    assert other.write(0, [record] * 2).kept == 1
    assert other.write(0, [record]).kept == 0
    assert spoolfolder.bytes_on_disk(tmp_path) <= 3000
    one.close()
    other.close()


def test_what_waits_is_told(tmp_path: Path) -> None:
    assert spoolfolder.survey(tmp_path / "nowhere") == (0, 0)
    folder = Folder(tmp_path, 2**30)
    folder.take_slot()
    segment = folder.write(0, [pieces(b"1"), pieces(b"2"), pieces(b"3")]).begun
    assert segment is not None
    (first, _, _) = read_all(segment).records
    spoolfile.note_progress(segment, first.end)
    survey = spoolfolder.survey(tmp_path)
    assert survey.bytes == segment.size - first.end
    assert survey.since == segment.begun_ms / 1000
    assert spoolfolder.count_entries(tmp_path) == 2
    folder.close()
