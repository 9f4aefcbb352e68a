"""Unpacks one member of an archive from the zip straight to the file that lands, and checks it.

`python -m amplitude_export.decompress.unpack` is the child process of `decompress`: it reads a
pickled list of jobs from standard input and writes the pickled list of results, or the error, to
standard output.
"""

from __future__ import annotations

import pickle
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, cast

from isal import igzip

from amplitude_export.archive import BROKEN, Member
from amplitude_export.decompress.landing import Landing, Tee
from amplitude_export.decompress.lines import LineCheck
from amplitude_export.decompress.quarantine import LONGEST_PIECE, sort_lines
from amplitude_export.errors import ArchiveDamaged, ArchiveRefused, InvalidEvent, PipelineError
from amplitude_export.manifest import LandedFile, Unpacked
from amplitude_export.volume import atomic_write, remove_file
from amplitude_export.workspace import object_key, quarantine_key
from amplitude_export.zip_file import RATIO_FROM_BYTES, open_archive

# Larger pieces are slower: each is a new object whose pages the kernel has to allocate.
PIECE_BYTES = 256 * 1024
# Events compress to a tenth; only a bomb, or one event a million times, to a five-hundredth.
MAX_RATIO = 500


@dataclass(frozen=True)
class Job:
    """One member to unpack from `archive` into `folder`, landing as json or json.gz.

    `quarantine` is the folder for bad lines, or None when a bad line is an error. `refused` are the
    digests of lines that Snowflake refused, which are then bad lines as well. What unpacks to
    `ratio_from` bytes or less is not compared with MAX_RATIO.
    """

    archive: Path
    member: Member
    folder: Path
    landing_format: str
    quarantine: Path | None = None
    refused: frozenset[str] = frozenset()
    ratio_from: int = RATIO_FROM_BYTES

    @property
    def max_bytes(self) -> int:
        """The bytes that the member can unpack to."""
        return max(self.ratio_from, self.member.info.compress_size * MAX_RATIO)

    @property
    def is_gzipped(self) -> bool:
        """True if it lands as json.gz."""
        return self.landing_format == "json.gz"

    @property
    def name(self) -> str:
        """The landed file's name: the member's, with the landing format as its ending."""
        return f"{self.member.stem}.{self.landing_format}"


def unpack(archive: zipfile.ZipFile, job: Job) -> Unpacked:
    """Unpack one member and return its files; they get their names when every line is checked.

    With a quarantine folder, a member with bad lines lands without them, and they are written
    there. Raises ArchiveDamaged when the gzip stream is broken, ArchiveRefused for a bomb,
    InvalidEvent for a bad line, VolumeFull and VolumeRefused.
    """
    if job.quarantine is None:
        return Unpacked(_unpack_good(archive, job))
    if not job.refused:
        with suppress(InvalidEvent):
            return Unpacked(_unpack_good(archive, job))
    return _unpack_sorted(archive, job, job.quarantine)


def _unpack_good(archive: zipfile.ZipFile, job: Job) -> LandedFile:
    # A run that quarantines lines is by hand and rare: it finds all of them before the upload.
    check = LineCheck(job.name, is_exact=job.quarantine is not None)
    with archive.open(job.member.info) as packed, atomic_write(job.folder / job.name) as file:
        landing = Landing(file, job.is_gzipped)
        if job.is_gzipped:
            for piece in _gunzip(cast("IO[bytes]", Tee(packed, landing)), job):
                landing.text.add(piece)
                check.feed(piece)
        else:
            for piece in _gunzip(packed, job):
                landing.write(piece)
                check.feed(piece)
        events = check.finish()
    return landing.file(job.member, job.name, object_key(job.member.day, job.name), events)


def _unpack_sorted(archive: zipfile.ZipFile, job: Job, quarantine: Path) -> Unpacked:
    bad_name = f"{job.member.stem}.txt"
    events = bad = 0
    with (
        archive.open(job.member.info) as packed,
        atomic_write(job.folder / job.name) as good_file,
        atomic_write(quarantine / bad_name) as bad_file,
    ):
        good_lines, bad_lines = Landing(good_file, job.is_gzipped), Landing(bad_file, False)
        packer = zlib.compressobj(wbits=31) if job.is_gzipped else None
        for piece in sort_lines(_gunzip(packed, job, _by_line), job.name, job.refused):
            if piece.is_bad:
                bad_lines.write(piece.text)
                bad += piece.events
                continue
            if packer:
                good_lines.text.add(piece.text)
            good_lines.write(packer.compress(piece.text) if packer else piece.text)
            events += piece.events
        good_lines.write(packer.flush() if packer else b"")
    member = job.member
    good = good_lines.file(member, job.name, object_key(member.day, job.name), events)
    if not bad:
        # The archive was exported again since, and no longer has the refused lines.
        remove_file(quarantine / bad_name)
        return Unpacked(good)
    key = quarantine_key(member.day, bad_name)
    return Unpacked(good, bad_lines.file(member, bad_name, key, bad))


def _by_piece(text: igzip.GzipFile) -> bytes:
    return text.read(PIECE_BYTES)


def _by_line(text: igzip.GzipFile) -> bytes:
    line: bytes = text.readline(LONGEST_PIECE)
    return line


def _gunzip(
    packed: IO[bytes], job: Job, read: Callable[[igzip.GzipFile], bytes] = _by_piece
) -> Iterator[bytes]:
    """Yield the member's text in pieces.

    Raises ArchiveDamaged, also for an empty member, which decoders accept, and ArchiveRefused for a
    bomb.
    """
    info, limit, total = job.member.info, job.max_bytes, 0
    try:
        with igzip.GzipFile(fileobj=packed, mode="rb") as text:
            while piece := read(text):
                total += len(piece)
                if total > limit:
                    raise ArchiveRefused(
                        f"{info.filename!r} unpacks to more than {limit:,} bytes from "
                        f"{info.compress_size:,}; no export looks like that.",
                        "look at the archive on the volume; clear stage_window.export to request "
                        "it again.",
                    )
                yield piece
        if info.file_size == 0:
            raise EOFError("it has no bytes at all")
    except BROKEN as error:
        raise ArchiveDamaged(
            f"{info.filename!r} is not one whole gzip stream: {error}.",
            "clear stage_window.export to request the archive again.",
        ) from error


def unpack_all(jobs: list[Job]) -> list[Unpacked]:
    """Unpack the jobs one after the other; jobs of one archive have to be adjacent."""
    done = []
    for path, share in groupby(jobs, key=lambda job: job.archive):
        with open_archive(path) as archive:
            done += [unpack(archive, job) for job in share]
    return done


def main() -> None:
    """Unpack one pickled list of jobs. Any error but a PipelineError ends with its traceback."""
    result: list[Unpacked] | PipelineError
    try:
        # Both ends of the pipe are this package: the parent pickled what is read here.
        result = unpack_all(pickle.load(sys.stdin.buffer))  # noqa: S301
    except PipelineError as error:
        result = error
    pickle.dump(result, sys.stdout.buffer)


if __name__ == "__main__":
    main()
