"""What a file system can do for a store: share memory between processes, lock files, or neither."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

# Reached by several machines; memory that is mapped on one of them is not seen on another.
NETWORKED: Final = frozenset(
    (
        *("afs", "beegfs", "ceph", "cifs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs"),
        *("nfs", "nfs3", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb3", "smbfs"),
        *(
            "vboxsf",
            "wekafs",
            "9p",
            "fuse.ceph",
            "fuse.glusterfs",
            "fuse.sshfs",
            "fuse.juicefs",
            "fuse.s3fs",
            "fuse.gcsfuse",
        ),
    )
)
# What locking a file says where files cannot be locked.
LOCKLESS: Final = frozenset(
    (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
)
MOUNTS: Final = Path("/proc/mounts")


def kind_of(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system of a folder, `ext4`, `nfs4`; empty where it cannot be known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        there = folder.resolve()
    except OSError:
        return ""
    found, deepest = "", -1
    for line in lines:
        _, point, kind, *_ = (*line.split(" "), "", "", "")
        place = Path(_plain(point))
        if kind and len(place.parts) >= deepest and (place == there or place in there.parents):
            found, deepest = kind, len(place.parts)
    return found


def networked(folder: Path) -> bool:
    """True on a file system that other machines can write to."""
    return kind_of(folder) in NETWORKED


def _plain(point: str) -> str:
    """A place as the kernel writes it, with its spaces back."""
    for code in ("040", "011", "012", "134"):
        point = point.replace(f"\\{code}", chr(int(code, 8)))
    return point
