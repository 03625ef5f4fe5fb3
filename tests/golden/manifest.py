#!/usr/bin/python3
"""One line for each item below a folder, in byte order of their names: what a restore has to give back.

usage: manifest.py FOLDER [--no-owner]
"""
import hashlib
import os
import stat
import sys


def xattrs(path):
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names}
    except OSError:
        return {}


def line_of(path, name, links, with_owner):
    info = os.lstat(path)
    parts = [repr(name), stat.filemode(info.st_mode), f"mtime={info.st_mtime_ns}"]
    if with_owner:
        parts.append(f"owner={info.st_uid}:{info.st_gid}")
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            parts += [f"size={info.st_size}", hashlib.sha256(file.read()).hexdigest()]
        if info.st_nlink > 1:
            parts.append("same-as=" + repr(links.setdefault(info.st_ino, name)))
    if stat.S_ISLNK(info.st_mode):
        parts.append("to=" + repr(os.readlink(path)))
    parts += [f"{key}={value}" for key, value in xattrs(path).items()]
    return " ".join(parts)


def main():
    root = os.fsencode(sys.argv[1])
    with_owner = "--no-owner" not in sys.argv[2:]
    names = []
    for folder, folders, files in os.walk(root):
        names += [os.path.relpath(os.path.join(folder, each), root) for each in folders + files]
    links = {}
    for name in sorted(names):
        print(line_of(os.path.join(root, name), name, links, with_owner))


main()
