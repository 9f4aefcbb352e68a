"""The shared volume: its free space, files that appear whole or not at all, and its errors.

Others can write on it, too. A path is therefore opened folder by folder from the root, and no part
of it can be a symbolic link: `real_path` resolves the links that lead to the volume, once. What is
made here is for its owner alone, whatever the umask.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Literal
from uuid import uuid4

from amplitude_export.errors import BadSetting, VolumeFull, VolumeRefused

# Bytes that stay free for logs and for other programs that write to the volume.
RESERVE_BYTES = 64 * 2**20
# Space does not come back within seconds: clean_up of another run, or a person, makes it.
FULL_RETRY_AFTER = timedelta(minutes=10)

# The Variable alone frees nothing: only clean_up reads it, after a load.
FREE_SPACE = (
    "free space on the volume: enlarge it, or lower amplitude_archive_days and clear clean_up of a "
    "loaded run, which then removes older archives."
)
_FREE_SPACE_SOON = (
    f"{FREE_SPACE} Airflow tries again in {FULL_RETRY_AFTER.seconds // 60} minutes or later."
)

_PART = ".part"
# A pattern of the files that `atomic_write` has begun.
UNFINISHED = f".*{_PART}"

# The manifest of as many files as an archive can have takes half of it.
MAX_RECORD_BYTES = 64 * 2**20
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
# O_PATH, of Linux, needs the right to pass a folder, and not to list it.
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", os.O_RDONLY)
# A pipe in a file's place must not hold the task until someone writes to it.
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNUSABLE = {errno.ELOOP, errno.ENAMETOOLONG}
_CHECK = "correct the Airflow Variable amplitude_data_dir."


def require_space(folder: Path, needed: int) -> None:
    """Raise VolumeFull unless `needed` bytes fit on the volume of `folder`, with a reserve."""
    with volume_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < needed + RESERVE_BYTES:
        raise VolumeFull(
            f"{folder} has {free / 1e6:,.0f} MB free, and this step needs "
            f"{(needed + RESERVE_BYTES) / 1e6:,.0f} MB: {needed / 1e6:,.0f} MB for its files, and "
            f"{RESERVE_BYTES / 1e6:,.0f} MB that stay free. Nothing was written.",
            _FREE_SPACE_SOON,
            retry_after=FULL_RETRY_AFTER,
        )


@contextmanager
def volume_errors(path: Path) -> Iterator[None]:
    """Translate the operating system's errors at `path` into VolumeFull and VolumeRefused."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise VolumeFull(
                f"The volume of {path} is full; the unfinished file was removed. "
                f"{_more_than_free(path)}",
                _FREE_SPACE_SOON,
                retry_after=FULL_RETRY_AFTER,
            ) from error
        if error.errno in _REFUSED:
            raise VolumeRefused(
                f"{path} cannot be written by uid {os.getuid()}: {error.strerror}.",
                "give the directory to the user that runs Airflow's workers (chown), and mount "
                "the volume writable on every worker.",
            ) from error
        if error.errno == errno.EISDIR:
            raise _refused(path, "is a folder") from error
        if error.errno == errno.ENOTDIR:
            file = next((each for each in (path, *path.parents) if each.is_file()), path)
            raise VolumeRefused(f"{file} is not a directory.", _CHECK) from error
        if error.errno in _UNUSABLE:
            raise VolumeRefused(f"{path} cannot be used: {error.strerror}.", _CHECK) from error
        if error.errno == errno.ENOENT:
            raise VolumeRefused(
                f"{path} does not exist: {error.strerror}.",
                "create the directory that amplitude_data_dir names, and mount it on every worker.",
            ) from error
        raise


def _more_than_free(path: Path) -> str:
    """Return how much room the file needs at least, once the volume has its room back."""
    folder = next(folder for folder in path.parents if folder.exists())
    free = shutil.disk_usage(folder).free
    return f"It needs more than the {free / 1e6:,.1f} MB that are free now, or than the quota."


@contextmanager
def atomic_write(path: Path) -> Iterator[BinaryIO]:
    """Open a file that gets the name `path` when the block ends, and is removed when it raises.

    The unfinished file has a name of its own, so that an older attempt that is still running writes
    to another one. The one that is renamed last stays, and both have the same content.
    """
    part = path.with_name(f".{path.name}.{uuid4().hex}{_PART}")
    with volume_errors(path):
        try:
            with open_file(part, "xb") as file:
                yield file
            rename(part, path.name)
        finally:
            remove_file(part)


def real_path(data_dir: Path) -> Path:
    """Return the volume's absolute path without links; every path on it begins with this one.

    Raises BadSetting for an empty or relative path: it would be in a worker's own folder.
    """
    if not data_dir.is_absolute() or "\0" in str(data_dir):
        raise BadSetting(
            f"The Airflow Variable amplitude_data_dir is {str(data_dir)!r}, or empty; it has to be "
            "an absolute path.",
            "set it to the directory of the shared volume, the same on every worker.",
        )
    return Path(os.path.realpath(data_dir))


def child(folder: Path, name: str) -> Path:
    """Return the path of the file `name`, as a record has it. Raises VolumeRefused for a path."""
    if name in ("", "..") or Path(name).name != name or "\0" in name:
        raise _refused(folder, f"does not contain {name!r}, which is not the name of a file")
    return folder / name


def open_file(path: Path, mode: Literal["rb", "xb", "ab"] = "rb") -> BinaryIO:
    """Open a regular file: to read, to write a new one, or to append.

    Raises VolumeRefused if a part of the path is a link, the file is a pipe, a device or a folder,
    or another user's that cannot be read; and OSError.
    """
    try:
        return open(path, mode, opener=_open)  # noqa: PTH123, SIM115 - has no opener
    except PermissionError as error:
        if mode != "rb":
            raise
        raise VolumeRefused(
            f"{path} cannot be read by uid {os.geteuid()}: {error.strerror}.",
            "run the workers and the api-server as one user: files are for their owner alone.",
        ) from error


def read_file(path: Path, max_bytes: int = MAX_RECORD_BYTES) -> bytes:
    """Return the content of a file. Raises as `open_file` does, and VolumeRefused if it is larger.

    Memory does not grow with a file that is too large.
    """
    with open_file(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise _refused(path, f"has more than {max_bytes:,} bytes")
    return content


def is_file(path: Path) -> bool:
    """Return True for a regular file; False for a link to one, and in another's closed folder."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False


def is_own(path: Path) -> bool:
    """Return True for a regular file of this process's own user."""
    return is_file(path) and path.lstat().st_uid == os.geteuid()


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there. Raises VolumeRefused for a link."""
    with suppress(FileNotFoundError), _opened(path):
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(_FOLDER_MODE)
    with _opened(path):
        pass


def open_folder(volume: Path, folder: Path) -> None:
    """Make a folder of the volume. Raises VolumeRefused without the volume: it is mounted."""
    with volume_errors(volume):
        volume.stat()
        make_folder(folder)


def remove_unfinished(folder: Path) -> None:
    """Remove the files that `atomic_write` has begun, there and below, and that have no name."""
    for part in paths_below(folder, UNFINISHED):
        remove_file(part)


def paths_below(folder: Path, pattern: str = "*") -> list[Path]:
    """Return what is in the folder, or below, by a name like `pattern`. Raises VolumeRefused."""
    with _not_too_deep(folder):
        return list(folder.rglob(pattern))


def remove_file(path: Path) -> None:
    """Remove a file, or a link in its place, unless it is missing. Raises VolumeRefused."""
    with volume_errors(path), suppress(FileNotFoundError), _opened(path.parent) as at:
        os.unlink(path.name, dir_fd=at)


def rename(path: Path, name: str) -> None:
    """Give a file or folder another name, in place of a file that has it. Raises OSError."""
    with _opened(path.parent) as at:
        os.replace(path.name, name, src_dir_fd=at, dst_dir_fd=at)


def folders_in(folder: Path, name: re.Pattern[str]) -> list[Path]:
    """Return the folders in a folder whose whole names match, in order.

    A link is not a folder: neither one that is in it, nor one in its place. Nor is one of another
    user that cannot be listed.
    """
    try:
        with _listed(folder) as entries:
            folders = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError, PermissionError, VolumeRefused):
        return []
    return [folder / found for found in sorted(folders) if name.fullmatch(found)]


@dataclass(frozen=True)
class Entry:
    """What a folder contains under a name; a link is neither a file nor a folder."""

    name: str
    status: os.stat_result

    @property
    def is_file(self) -> bool:
        """True for a regular file."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_folder(self) -> bool:
        """True for a folder."""
        return stat.S_ISDIR(self.status.st_mode)


def entries_in(folder: Path) -> list[Entry]:
    """Return everything that is in a folder, by name. Raises OSError and VolumeRefused."""
    found = []
    with _listed(folder) as entries:
        for each in entries:
            # Removed since the listing began.
            with suppress(FileNotFoundError):
                found.append(Entry(each.name, each.stat(follow_symlinks=False)))
    return sorted(found, key=lambda entry: entry.name)


@contextmanager
def _listed(folder: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
    with _opened(folder) as at:
        listed = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=at)
    try:
        with os.scandir(listed) as entries:
            yield entries
    finally:
        os.close(listed)


def remove_tree(path: Path) -> None:
    """Remove a folder with its content, or what is in its place.

    Raises FileNotFoundError, and VolumeRefused for too many folders within each other.
    """
    with _opened(path.parent) as at:
        if stat.S_ISDIR(os.stat(path.name, dir_fd=at, follow_symlinks=False).st_mode):
            with _not_too_deep(path):
                shutil.rmtree(path.name, dir_fd=at)
        else:
            os.unlink(path.name, dir_fd=at)


@contextmanager
def _not_too_deep(folder: Path) -> Iterator[None]:
    """Raise VolumeRefused for folders within each other, beyond Python's recursion."""
    try:
        yield
    except RecursionError as error:
        raise _refused(folder, "has too many folders within each other") from error


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """Open a folder to reach what is in it; another process can't replace a part by a link."""
    folder = folder.absolute()
    opened = os.open(folder.anchor, _FOLDER)
    try:
        for part in [*reversed(folder.parents), folder][1:]:
            try:
                inner = os.open(part.name, _FOLDER, dir_fd=opened)
            except OSError as error:
                if error.errno in (errno.ENOTDIR, errno.ELOOP) and part.is_symlink():
                    raise _refused(part, "is a symbolic link") from error
                raise
            os.close(opened)
            opened = inner
        yield opened
    finally:
        os.close(opened)


def _open(path: str, flags: int) -> int:
    file = Path(path)
    with _opened(file.parent) as folder:
        with suppress(FileNotFoundError):
            mode = os.stat(file.name, dir_fd=folder, follow_symlinks=False).st_mode
            if not stat.S_ISREG(mode):
                kind = "symbolic link" if stat.S_ISLNK(mode) else "folder, pipe or device"
                raise _refused(file, f"is a {kind}")
        return os.open(file.name, flags | _FILE, _FILE_MODE, dir_fd=folder)


def _refused(path: Path, why: str) -> VolumeRefused:
    return VolumeRefused(
        f"{path} {why}. It was not opened: this pipeline does not write such a thing.",
        "find out who else can write on the volume, remove it, and clear the task.",
    )
