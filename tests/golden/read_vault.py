#!/usr/bin/python3
"""An independent reader of format 1, written from docs/FORMAT.md alone: it shares no line with Custody, so what it reads is
what the page says and not what the program happens to do. It checks every hash, tag and signature on its way.

usage: read_vault.py VAULT KEYRING [--kit FILE] [--compare SNAPSHOT FOLDER]

Prints one JSON line for each item of each snapshot. With --compare, the items below FOLDER are compared with the snapshot's.
The passphrase comes from the variable CUSTODY_PASSPHRASE. Needs python3-cryptography, -argon2, -nacl, -zstandard, -xxhash.
"""
import base64
import hashlib
import hmac
import json
import os
import stat
import struct
import sys
import unicodedata

import argon2.low_level
import nacl.bindings
import xxhash
import zstandard
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Damage(Exception):
    """What a reader must refuse."""


def need(condition, what):
    if not condition:
        raise Damage(what)


def sha256(data):
    return hashlib.sha256(data).digest()


# 2. Keys and primitives

def hkdf(key, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info.encode() if isinstance(info, str) else info).derive(key)


def keyed_hash(suite, key, domain, message):
    data = bytes([domain]) + message
    return hmac.digest(key, data, "sha256") if suite == 1 else hashlib.blake2b(data, key=key, digest_size=32).digest()


def aead_open(suite, key, number, aad, sealed):
    nonce = struct.pack("<Q", number)
    if suite == 1:
        return AESGCM(key).decrypt(nonce + bytes(4), sealed, aad)
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce + bytes(16), key)


def hpke_open(suite, secret, info, aad, sealed):
    """RFC 9180, base mode, single shot."""
    enc, ciphertext = sealed[:32], sealed[32:]
    private = X25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = private.exchange(X25519PublicKey.from_public_bytes(enc))
    aead_id = 2 if suite == 1 else 3
    kem = b"KEM" + struct.pack(">H", 0x20)
    suite_id = b"HPKE" + struct.pack(">HHH", 0x20, 1, aead_id)

    def extract(salt, which, label, ikm):
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + which + label + ikm, "sha256")

    def expand(prk, which, label, info_bytes, length):
        message = struct.pack(">H", length) + b"HPKE-v1" + which + label + info_bytes
        out, block, i = b"", b"", 1
        while len(out) < length:
            block = hmac.digest(prk, block + message + bytes([i]), "sha256")
            out, i = out + block, i + 1
        return out[:length]

    dh_secret = expand(extract(b"", kem, b"eae_prk", shared), kem, b"shared_secret", enc + public, 32)
    context = b"\x00" + extract(b"", suite_id, b"psk_id_hash", b"") + extract(b"", suite_id, b"info_hash", info)
    secret = extract(dh_secret, suite_id, b"secret", b"")
    key = expand(secret, suite_id, b"key", context, 32)
    nonce = expand(secret, suite_id, b"base_nonce", context, 12)
    return (AESGCM if suite == 1 else ChaCha20Poly1305)(key).decrypt(nonce, ciphertext, aad)


# 7. Canonical JSON and signed records

def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_canonical(data):
    value = json.loads(data)
    need(canonical(value) == data, "JSON that is not canonical")
    return value


def signed_record(data, purpose):
    record = parse_canonical(data)
    need(set(record) == {"body", "signature", "signer"}, "fields of a signed record")
    message = purpose.encode() + b"\n" + canonical(record["body"])
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(record["signer"])).verify(bytes.fromhex(record["signature"]), message)
    return record["body"]


# 9. Keyring

def checked_record(data, purpose):
    record = parse_canonical(data)
    need(sha256(purpose.encode() + b"\n" + canonical(record["body"])).hex() == record["checksum"], "checksum of the " + purpose)
    return record["body"]


def passphrase_key(slot, decode):
    passphrase = unicodedata.normalize("NFC", os.environ["CUSTODY_PASSPHRASE"]).encode()
    return argon2.low_level.hash_secret_raw(passphrase, decode(slot["salt"]), slot["passes"], slot["memory_kib"], 1, 32,
                                            argon2.low_level.Type.ID)


class Keys:
    """Label keys and secrets, from a keyring or from a kit."""

    def __init__(self):
        self.family = b""
        self.suite = 0
        self.labels = {}  # id -> {"name", "chunk", "gear", "summary", "secrets": {epoch: secret}}

    def from_keyring(self, folder):
        with open(os.path.join(folder, "keyring"), "rb") as file:
            body = checked_record(file.read(), "custody keyring 1")
        self.family, self.suite = bytes.fromhex(body["family"]), body["suite"]
        slot = next(s for s in body["slots"] if s["kind"] == "passphrase")
        aad = b"custody keyring slot 1" + self.family + struct.pack("<I", slot["number"])
        secret = hpke_open(self.suite, passphrase_key(slot, bytes.fromhex), b"custody keyring slot 1", aad,
                           bytes.fromhex(slot["wrapped"]))
        for label in body["labels"]:
            label_id = bytes.fromhex(label["id"])
            secrets = {e["number"]: hpke_open(self.suite, secret, b"custody label secret 1",
                                              self.family + label_id + struct.pack("<I", e["number"]),
                                              bytes.fromhex(e["sealed"])) for e in label["epochs"]}
            self.labels[label_id] = {"name": label["name"], "chunk": bytes.fromhex(label["chunk_id_key"]),
                                     "summary": bytes.fromhex(label["summary_key"]), "secrets": secrets}
        return self

    def from_kit(self, path):
        with open(path, "rb") as file:
            data = file.read()
        magic = b"custody recovery kit 1\n"
        need(data.startswith(magic) and sha256(data[:-32]) == data[-32:], "a recovery kit")
        at = len(magic)
        size = struct.unpack_from("<I", data, at)[0]
        header = parse_canonical(data[at + 4:at + 4 + size])
        at += 4 + size
        size = struct.unpack_from("<I", data, at)[0]
        payload = data[at + 4:at + 4 + size]
        need(at + 4 + size + 32 == len(data), "the lengths of a kit")
        self.family, self.suite = bytes.fromhex(header["family"]), header["suite"]
        number, slot = next((i + 1, s) for i, s in enumerate(header["slots"]) if s["kind"] == "passphrase")
        aad = b"custody recovery kit 1" + self.family + struct.pack("<I", number)
        kit_key = aead_open(self.suite, passphrase_key(slot, base64.b64decode), 0, aad, base64.b64decode(slot["key"]))
        key = hkdf(kit_key, base64.b64decode(header["salt"]), "custody recovery kit payload 1")
        reader = Reader(aead_open(self.suite, key, 0, data[:at], payload))
        need(reader.u8() == 1, "the version of a kit")
        reader.varint()
        for _ in range(reader.varint()):
            label_id, name = reader.take(16), reader.blob().decode()
            chunk, _gear, summary = reader.take(32), reader.take(32), reader.take(32)
            secrets = {}
            for _ in range(reader.varint()):
                number = reader.varint()
                secrets[number] = reader.take(32)
            self.labels[label_id] = {"name": name, "chunk": chunk, "summary": summary, "secrets": secrets}
        return self


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        need(size <= len(self.data) - self.at, "a length beyond the end")
        self.at += size
        return self.data[self.at - size:self.at]

    def u8(self):
        return self.take(1)[0]

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                need(byte or shift == 7, "a varint that is not in its shortest form")
                return value
            need(shift < 70, "a varint of more than ten bytes")

    def zigzag(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def blob(self):
        return self.take(self.varint())

    def end(self):
        need(self.at == len(self.data), "bytes behind the end")


# 3. Packs

class Packs:
    """Every chunk and node of a vault by (label, id), found without the index."""

    def __init__(self, folder, keys):
        self.folder, self.keys, self.found, self.all, self.cache = folder, keys, {}, {}, {}

    def scan(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            data = file.read()
        need(sha256(data).hex() == os.path.basename(name), name + ": its name is not its hash")
        need(data[:8] == b"\x89CSTPACK" and data[8:16] == b"\1" + bytes(7), name + ": header")
        need(xxhash.xxh3_64_intdigest(data[:16]) == struct.unpack_from("<Q", data, 16)[0], name + ": header checksum")
        at, segment = 24, None
        while at < len(data):
            if data[at:at + 8] == b"\x89CSTSEGM":
                segment = data[at:at + 160]
                need(xxhash.xxh3_64_intdigest(segment[:152]) == struct.unpack_from("<Q", segment, 152)[0], name + ": segment")
                self.check_key_tag(segment, name)
                at += 160
                continue
            header = data[at:at + 56]
            need(header[:8] == b"\x89CSTBLCK" and segment, name + ": neither segment nor block")
            need(xxhash.xxh3_64_intdigest(header[:48]) == struct.unpack_from("<Q", header, 48)[0], name + ": block checksum")
            summary_size, data_size = struct.unpack_from("<II", header, 16)
            self.index_block(segment, header, data[at + 56:at + 56 + summary_size], name, at + 56 + summary_size, data_size)
            at += 56 + summary_size + data_size
        need(at == len(data), name + ": torn")

    def check_key_tag(self, segment, name):
        label, epoch = self.keys.labels.get(segment[32:48]), struct.unpack_from("<I", segment, 12)[0]
        if label and epoch in label["secrets"]:
            public = X25519PrivateKey.from_private_bytes(label["secrets"][epoch]).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            need(sha256(b"custody epoch key 1" + public)[:8] == segment[64:72], name + ": key tag")

    def aad(self, part, segment, header):
        number, raw, summary = struct.unpack_from("<III", header, 8)
        return struct.pack("<BBHI", part, segment[10], 1, 0) + segment[16:32] + segment[32:48] + segment[48:64] + \
            struct.pack("<IIIBBH", number, raw, summary, header[24], header[25], 0)

    def index_block(self, segment, header, sealed, name, data_at, data_size):
        label = segment[32:48]
        if label not in self.keys.labels:
            return
        suite, number = segment[10], struct.unpack_from("<I", header, 8)[0]
        key = hkdf(self.keys.labels[label]["summary"], segment[48:64], "custody block summary 1")
        reader = Reader(aead_open(suite, key, number, self.aad(1, segment, header), sealed))
        count = struct.unpack("<I", reader.take(4))[0]
        entries = [(reader.take(32), struct.unpack("<I", reader.take(4))[0]) for _ in range(count)]
        references = [((), ())] * count
        if header[25] == 2:
            for i in range(count):
                trees, chunks = struct.unpack("<II", reader.take(8))
                references[i] = ([reader.take(32) for _ in range(trees)], [reader.take(32) for _ in range(chunks)])
        reader.end()
        need(sum(length for _, length in entries) == struct.unpack_from("<I", header, 12)[0], name + ": lengths of a block")
        offset = 0
        for (thing, length), refs in zip(entries, references):
            place = (segment, header, name, data_at, data_size, offset, length, refs)
            self.found[(label, header[25], thing)] = self.all[(label, header[25], thing, name)] = place
            offset += length

    def block(self, segment, header, name, data_at, data_size):
        where = (name, data_at)
        if where not in self.cache:
            self.cache.clear()
            with open(os.path.join(self.folder, name), "rb") as file:
                file.seek(data_at)
                sealed = file.read(data_size)
            label, epoch = segment[32:48], struct.unpack_from("<I", segment, 12)[0]
            key = hpke_open(segment[10], self.keys.labels[label]["secrets"][epoch], b"custody segment key 1", segment[:72],
                            segment[72:152])
            number, raw = struct.unpack_from("<II", header, 8)
            plain = aead_open(segment[10], key, number, self.aad(2, segment, header), sealed)
            if header[24] == 1:
                plain = zstandard.ZstdDecompressor().decompress(plain, max_output_size=raw)
            need(len(plain) == raw, name + ": size of a block")
            self.cache[where] = plain
        return self.cache[where]

    def get(self, label, kind, thing):
        need((label, kind, thing) in self.found, "missing: " + thing.hex())
        segment, header, name, data_at, data_size, offset, length, refs = self.found[(label, kind, thing)]
        content = self.block(segment, header, name, data_at, data_size)[offset:offset + length]
        message = content
        if kind == 2:
            message = struct.pack("<II", len(refs[0]), len(refs[1])) + b"".join(refs[0]) + b"".join(refs[1]) + content
        need(keyed_hash(segment[10], self.keys.labels[label]["chunk"], kind, message) == thing, "content that is not its id")
        return content, refs


# 5. Index segments

def check_index(vault, name):
    """Every entry of an index segment says what a scan of the packs says."""
    data, keys, label = vault.read(name), vault.keys, bytes.fromhex(name.split("/")[1])
    need(sha256(data).hex() == name.split("/")[2], name + ": its name is not its hash")
    if label not in keys.labels:
        return 0
    header, footer, suite = data[:72], data[-128:], data[10]
    need(header[:8] == b"\x89CSTINDX" and footer[120:] == b"\x89CSTIEND", name + ": magic")
    need(xxhash.xxh3_64_intdigest(header[:64]) == struct.unpack_from("<Q", header, 64)[0], name + ": header checksum")
    need(xxhash.xxh3_64_intdigest(footer[:112]) == struct.unpack_from("<Q", footer, 112)[0], name + ": footer checksum")
    pages_size, table_size = struct.unpack_from("<QQ", footer, 0)
    need(72 + pages_size + table_size + 128 == len(data), name + ": lengths")
    sealed_table = data[72 + pages_size:-128]
    signer = Ed25519PublicKey.from_public_bytes(footer[16:48])
    signer.verify(footer[48:112], b"custody index segment 1" + sha256(header + sealed_table))
    summary, segment = keys.labels[label]["summary"], header[48:64]
    table = Reader(aead_open(suite, hkdf(summary, segment, "custody index table 1"), 0, header, sealed_table))
    entries, pages, row_count, filter_blocks = struct.unpack("<QIIQ", table.take(24))
    rows = [table.take(48) for _ in range(row_count)]
    first_ids, page_hashes = ([table.take(32) for _ in range(pages)] for _ in range(2))
    bits = table.take(64 * filter_blocks)
    table.end()
    need(rows == sorted(rows), name + ": order of rows")
    page_key, at, previous, count = hkdf(summary, segment, "custody index page 1"), 72, b"", 0
    for number in range(pages):
        size = min(314, entries - 314 * number) * 52 + 16
        sealed = data[at:at + size]
        need(sha256(sealed) == page_hashes[number], name + ": hash of a page")
        page = Reader(aead_open(suite, page_key, number, header, sealed))
        at += size
        for i in range((size - 16) // 52):
            thing = page.take(32)
            row, block_offset, block_size, offset, length = struct.unpack("<5I", page.take(20))
            need(thing > previous and (i or thing == first_ids[number]), name + ": order of ids")
            check_entry(vault, name, label, thing, rows[row], (block_offset, block_size, offset, length))
            word, pattern = struct.unpack_from("<QQ", thing, 8)
            block = (word * filter_blocks) >> 64
            for j in range(7):
                bit = (pattern >> (9 * j)) & 511
                need(bits[64 * block + bit // 8] >> (bit % 8) & 1, name + ": the filter denies an id")
            previous, count = thing, count + 1
    need(at == 72 + pages_size and count == entries, name + ": number of entries")
    return count


def check_entry(vault, name, label, thing, row, where):
    pack = "packs/%s/%s" % (row[:1].hex(), row[:32].hex())
    if pack not in vault.objects:
        return  # a segment may name what prune has removed since
    pack_size, segment_offset = struct.unpack_from("<QI", row, 32)
    _, header, _, data_at, data_size, offset, length, _ = vault.packs.all[(label, row[44], thing, pack)]
    summary_size = struct.unpack_from("<I", header, 16)[0]
    block_offset = data_at - summary_size - 56
    need(where == (block_offset, 56 + summary_size + data_size, offset, length), name + ": place of " + thing.hex())
    need(pack_size == os.path.getsize(os.path.join(vault.folder, pack)) and segment_offset < block_offset, name + ": row")


# 8. Marks and reserve

def check_marks(data):
    need(data.startswith(b"custody marks 1") and sha256(data[:-32]) == data[-32:], "marks")
    generation, count = struct.unpack_from("<QI", data, 15)
    packs = [data[27 + 32 * i:59 + 32 * i] for i in range(count)]
    need(len(data) == 27 + 32 * count + 32 and packs == sorted(set(packs)), "marks: lengths and order")
    return generation


def check_reserve(data):
    need(data == b"".join(sha256(b"custody reserve 1" + struct.pack("<Q", i)) for i in range(131072)), "reserve")


# 4. Trees

HARD_LINK, CHANGED, ATTRIBUTES_ONLY, LONG, CHILDREN = 1, 2, 4, 8, 16
FILE, FOLDER, SYMLINK, FIFO, SOCKET, CHARACTER, BLOCK = 1, 2, 3, 4, 5, 6, 7
SECOND_NAMES = {b"trusted.SGI_ACL_FILE", b"trusted.SGI_ACL_DEFAULT"}  # of access lists, on XFS


class Tree:
    def __init__(self, packs, label):
        self.packs, self.label = packs, label

    def node(self, tree_id):
        body, (trees, chunks) = self.packs.get(self.label, 2, tree_id)
        reader = Reader(body)
        need(reader.u8() == 1, "version of a node")
        return reader.u8(), reader, list(trees), list(chunks)

    def span(self, reader, chunks):
        size, holes, at, pieces = reader.varint(), [], 0, []
        for _ in range(reader.varint()):
            at += reader.varint()
            length = reader.varint()
            holes.append((at, length))
            at += length
        for _ in range(reader.varint()):
            pieces.append((chunks.pop(0), reader.varint()))
        need(sum(p[1] for p in pieces) + sum(h[1] for h in holes) == size, "lengths of a span")
        return size, holes, pieces

    def long_span(self, tree_id):
        kind, reader, trees, chunks = self.node(tree_id)
        if kind == 3:
            result = self.span(reader, chunks)
        else:
            need(kind == 4, "a node of content")
            size, holes, pieces = 0, [], []
            for _ in range(reader.varint()):
                expected = reader.varint()
                part_size, part_holes, part_pieces = self.long_span(trees.pop(0))
                need(part_size == expected, "size of a part")
                holes += [(size + at, length) for at, length in part_holes]
                pieces += part_pieces
                size += part_size
            result = size, holes, pieces
        reader.end()
        return result

    def folder(self, tree_id, path):
        kind, reader, trees, chunks = self.node(tree_id)
        if kind == 2:
            for _ in range(reader.varint()):
                reader.varint(), reader.blob()
                yield from self.folder(trees.pop(0), path)
            reader.end()
            return
        need(kind == 1, "a folder")
        for _ in range(reader.varint()):
            item = {"path": path + b"/" + reader.blob(), "type": reader.u8()}
            marks = reader.u8()
            item["marks"] = marks
            item["mode"], item["uid"], item["gid"] = reader.varint(), reader.varint(), reader.varint()
            item["mtime"] = reader.zigzag() * 10**9 + reader.varint()
            item["flags"] = reader.varint()
            item["xattrs"] = {}
            for _ in range(reader.varint()):
                name, value = reader.blob(), reader.blob()
                if name not in SECOND_NAMES:
                    item["xattrs"][name] = value
            if marks & HARD_LINK:
                item["link"] = reader.varint()
            if item["type"] == FILE:
                item["span"] = (reader.varint(), self.long_span(trees.pop(0)))[1] if marks & LONG else self.span(reader, chunks)
            elif item["type"] == SYMLINK:
                item["target"] = reader.blob()
            elif item["type"] in (CHARACTER, BLOCK):
                item["rdev"] = reader.varint()
            below = trees.pop(0) if marks & CHILDREN else None
            yield item
            if below:
                yield from self.folder(below, item["path"])
        reader.end()
        need(not trees and not chunks, "references that nothing uses")

    def digest(self, span):
        """SHA-256 of the bytes outside the holes: the chunks, one after the other."""
        result = hashlib.sha256()
        for chunk, length in span[2]:
            content, _ = self.packs.get(self.label, 1, chunk)
            need(len(content) == length, "length of a chunk")
            result.update(content)
        return result.hexdigest()


# 1, 6, 7. The vault

class Vault:
    def __init__(self, folder, keys):
        self.folder, self.keys = folder, keys
        header = signed_record(self.read("vault.json"), "custody vault header 1")
        need(header["format"] == 1 and bytes.fromhex(header["family"]) == keys.family, "a vault of this keyring")
        self.id = header["vault"]
        self.objects, self.snapshots = set(), []
        self.replay()
        self.packs = Packs(folder, keys)
        for name in sorted(o for o in self.objects if o.startswith("packs/")):
            self.packs.scan(name)
        self.index_entries = sum(check_index(self, o) for o in self.objects if o.startswith("index/"))
        if os.path.exists(os.path.join(folder, "gc/marks")):
            check_marks(self.read("gc/marks"))
        if os.path.exists(os.path.join(folder, "reserve")):
            check_reserve(self.read("reserve"))

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def replay(self):
        previous, live = bytes(32), []
        for n in range(1, len(os.listdir(os.path.join(self.folder, "ledger"))) + 1):
            data = self.read("ledger/%016d" % n)
            body = signed_record(data, "custody ledger entry 1")
            need(body["n"] == n and body["vault"] == self.id and body["previous"] == previous.hex(), "entry %d" % n)
            previous = sha256(data)
            self.objects |= {a["name"] for a in body["added"]}
            self.objects -= set(body["removed"])
            if body["operation"] in ("add", "copy"):
                live += body["snapshots"]
            elif body["operation"] == "forget":
                live = [s for s in live if s not in body["snapshots"]]
        for snapshot in live:
            data = self.read("snapshots/" + snapshot)
            need(sha256(data).hex() == snapshot, "a snapshot's name")
            body = signed_record(data, "custody snapshot 1")
            label = bytes.fromhex(body["label"])
            if label not in self.keys.labels:
                continue
            aad = bytes.fromhex(body["family"]) + label + bytes.fromhex(body["host"]) + bytes.fromhex(body["nonce"])
            key = hkdf(self.keys.labels[label]["summary"], bytes.fromhex(body["nonce"]), "custody snapshot summary 1")
            summary = parse_canonical(aead_open(body["suite"], key, 0, aad, base64.b64decode(body["summary"])))
            self.snapshots.append((snapshot, label, summary))

    def items(self, snapshot, label, summary):
        tree = Tree(self.packs, label)
        for item in tree.folder(bytes.fromhex(summary["root"]), b""):
            if "span" in item:
                item["holes"], item["size"] = item["span"][1], item["span"][0]
                item["sha256"] = tree.digest(item.pop("span"))
            yield item


def digest_outside(path, holes, size):
    """The same of a file on disk; nothing but zeros may lie where the snapshot has holes."""
    result, at = hashlib.sha256(), 0
    with open(path, "rb") as file:
        for start, length in holes + [(size, 0)]:
            file.seek(at)
            while at < start:
                part = file.read(min(start - at, 1 << 20))
                if not part:
                    return "shorter"
                result.update(part)
                at += len(part)
            try:
                data = os.lseek(file.fileno(), start, os.SEEK_DATA)
            except OSError:
                data = start + length  # nothing but holes up to the end
            while data < start + length:
                if any(os.pread(file.fileno(), min(4096, start + length - data), data)):
                    return "data in a hole"
                data += 4096
            at += length
    return result.hexdigest()


def compare(item, folder):
    """Names what differs between an item of a snapshot and the same path below a folder."""
    path = os.path.join(os.fsencode(folder), item["path"].lstrip(b"/"))
    there = os.lstat(path)
    kinds = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: SYMLINK, stat.S_IFIFO: FIFO, stat.S_IFSOCK: SOCKET,
             stat.S_IFCHR: CHARACTER, stat.S_IFBLK: BLOCK}
    pairs = [("type", item["type"], kinds[stat.S_IFMT(there.st_mode)]), ("uid", item["uid"], there.st_uid),
             ("gid", item["gid"], there.st_gid), ("mtime", item["mtime"], there.st_mtime_ns),
             ("xattrs", item["xattrs"], {os.fsencode(n): os.getxattr(path, n, follow_symlinks=False)
                                         for n in os.listxattr(path, follow_symlinks=False)
                                         if os.fsencode(n) not in SECOND_NAMES})]
    if item["type"] != SYMLINK:
        pairs.append(("mode", item["mode"], there.st_mode & 0o7777))
    if item["type"] == SYMLINK:
        pairs.append(("target", item["target"], os.readlink(path)))
    if item["type"] in (CHARACTER, BLOCK):
        pairs.append(("rdev", item["rdev"], there.st_rdev))
    if item["type"] == FILE:
        pairs.append(("size", item["size"], there.st_size))
        pairs.append(("sha256", item["sha256"], digest_outside(path, item["holes"], item["size"])))
    return [(os.fsdecode(item["path"]), name, str(ours), str(theirs)) for name, ours, theirs in pairs if ours != theirs]


def main(arguments):
    if len(arguments) < 2 or "--help" in arguments:
        print(__doc__)
        return 0 if "--help" in arguments else 2
    vault_folder, keyring = arguments[0], arguments[1]
    keys = Keys().from_kit(arguments[3]) if "--kit" in arguments else Keys().from_keyring(keyring)
    vault = Vault(vault_folder, keys)
    wanted = arguments[arguments.index("--compare") + 1:] if "--compare" in arguments else None
    status = 0
    for snapshot, label, summary in vault.snapshots:
        if wanted and not snapshot.startswith(wanted[0]):
            continue
        count = 0
        for item in vault.items(snapshot, label, summary):
            count += 1
            if not wanted:
                print(json.dumps({k: os.fsdecode(v) if isinstance(v, bytes) else
                                  {os.fsdecode(n): x.hex() for n, x in v.items()} if k == "xattrs" else v
                                  for k, v in item.items()}, sort_keys=True))
            elif not item["marks"] & ATTRIBUTES_ONLY:
                for difference in compare(item, wanted[1]):
                    print("differs: " + json.dumps(difference))
                    status = 1
        print("snapshot %s: %d items read" % (snapshot, count), file=sys.stderr)
    print("index entries checked against a scan of the packs: %d" % vault.index_entries, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
