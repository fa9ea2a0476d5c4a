"""Puts a sealed segment of a Holdfast log back into its open form: written from docs/FORMAT.md alone, for `read-log`.

Checked on the way are all checksums, the order of the blocks, the statistics, the Merkle root and the chained root.
What comes out is checked further by whoever reads open segments.
"""
import hashlib
import struct

from .wallet_packing import unpack

PARTS = ("index", "statistics", "batches", "blocks", "filter")


class Reader:
    """Numbers of a column, from its beginning."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def fixed(self, width):
        return int.from_bytes(self.bytes(width), "little")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)


def lz4(data, size):
    """Unpacks a block of LZ4."""
    out, at = bytearray(), 0
    while at < len(data):
        token = data[at]
        at += 1
        literals, at = length(data, at, token >> 4)
        out += data[at:at + literals]
        at += literals
        if at == len(data):
            break
        distance = struct.unpack_from("<H", data, at)[0]
        count, at = length(data, at + 2, token & 15)
        for _ in range(count + 4):
            out.append(out[-distance])
    return bytes(out) if len(out) == size else b""


def length(data, at, count):
    if count == 15:
        while True:
            count += data[at]
            at += 1
            if data[at - 1] != 255:
                break
    return count, at


def merkle(leaves):
    """The root of RFC 9162 over hashes of leaves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle(leaves[:left]) + merkle(leaves[left:])).digest()


class SealedSegment:
    def __init__(self, path, data, check, crc32c):
        self.path, self.data, self.check, self.crc32c = path, data, check, crc32c
        check(len(data) >= 512 and data[:8] == b"HFseald1", path, 0, "the header of a sealed segment")
        check(crc32c(data[:380]) == struct.unpack_from("<I", data, 380)[0], path, 380, "the checksum of the header")
        version, self.packing, size = struct.unpack_from("<2IQ", data, 8)
        check(version == 1, path, 8, "format version 1")
        check(size == len(data), path, 16, f"{len(data)} bytes")
        names = ("address", "number", "round", "position", "time", "events", "batches", "first_time", "last_time",
                 "first_position", "last_position", "names")
        self.head = dict(zip(names, struct.unpack_from("<4Qq2Q2q3Q", data, 24)))
        self.root, self.last_hash, previous, chained = (data[at:at + 32] for at in (120, 152, 184, 216))
        self.lane, = struct.unpack_from("<I", data, 384 + 12)
        self.segment, self.size, self.first_position, self.first_batch = struct.unpack_from("<4Q", data, 384 + 32)
        leaf = previous + struct.pack("<I3Q", self.lane, self.segment, self.first_position, self.head["events"])
        found = hashlib.sha256(b"\2" + leaf + self.root + self.last_hash).digest()
        check(found == chained, path, 216, "the chained root")
        self.previous_chained, self.chained = previous, chained
        self.parts, end = {}, 512
        for index, name in enumerate(PARTS):
            at, size, crc, count = struct.unpack_from("<2Q2I", data, 248 + 24 * index)
            check(at == end, path, 248 + 24 * index, f"{name} at byte {end}")
            end = at + size
            content = data[at:end]
            if name not in ("blocks", "filter"):
                check(crc32c(content) == crc, path, at, f"the checksum of {name}")
            self.parts[name] = (at, content, count)
        check(end == len(data), path, end, "the end of the file")

    def open_form(self):
        """The bytes of the segment as they stood in its open file."""
        image = bytearray(self.size)
        image[:128] = self.data[384:512]
        types, rows, before = {}, 0, (b"", 0)
        for row in self.rows():
            record = self.record(row)
            at = row["address"] - self.segment * self.size
            self.check(4096 <= at and at + len(record) <= self.size, self.path, 0, "a record within the segment")
            image[at:at + len(record)] = record
            place = (row["key"], row["address"])
            self.check(before < place, self.path, self.parts["blocks"][0], "rows in the order of their keys")
            before, rows = place, rows + 1
            types[row["type"]] = types.get(row["type"], 0) + 1
        self.check(rows == self.head["events"], self.path, 64, f"{rows} events")
        statistics = b"".join(struct.pack("<HQ", kind, types[kind]) for kind in sorted(types))
        self.check(statistics == self.parts["statistics"][1], self.path, self.parts["statistics"][0], "the statistics")
        self.frame(image)
        return bytes(image)

    def frame(self, image):
        """Puts the batches around the records, and checks the root over these."""
        at, table, count = self.parts["batches"]
        size, = struct.unpack_from("<I", table)
        numbers, hashes = Reader(table[4:4 + size]), table[4 + size:]
        self.check(len(hashes) == 32 * count and count == self.head["batches"], self.path, at, f"{count} hashes")
        position, time = self.first_position, struct.unpack_from("<q", self.data, 384 + 96)[0]
        batch_round = epoch = 0
        previous, offset, leaves = self.data[384 + 64:384 + 96], 4096, []
        for index in range(count):
            batch_size, events, kind, in_round = (numbers.varint() for _ in range(4))
            position, time = position + numbers.signed(), time + numbers.signed()
            batch_round, epoch = batch_round + numbers.signed(), epoch + numbers.signed()
            head = struct.pack(
                "<4sI5QqIHH", b"HFb1", batch_size * 128, self.first_batch + index, epoch, batch_round,
                self.segment * self.size + offset, position, time, events, self.lane, in_round)
            head += previous + struct.pack("<H26x", kind)
            image[offset:offset + 128] = head + struct.pack("<I", self.crc32c(head))
            place = offset + 128
            for _ in range(events):
                sizes, metadata = struct.unpack_from("<IH", image, place + 4)
                end = place + (48 + (sizes >> 24) + (sizes & 0xFFFFFF) + metadata + 7 & ~7)
                leaves.append(hashlib.sha256(b"\0" + image[place:end]).digest())
                place = end
            previous, behind = hashes[32 * index:32 * index + 32], offset + batch_size * 128
            image[place:behind - 40] = b"\xa5" * (behind - 40 - place)
            image[behind - 40:behind] = previous + struct.pack("<I", self.crc32c(previous)) + b"HFe1"
            position, offset = position + events, behind
        self.check(previous == self.last_hash, self.path, 152, "the hash of the last batch")
        self.check(merkle(leaves) == self.root, self.path, 120, "the Merkle root over the events")

    def record(self, row):
        content = row["key"] + row["payload"] + row["metadata"]
        body = struct.pack(
            "<IHHHHQQqQ", len(row["payload"]) | len(row["key"]) << 24, len(row["metadata"]), row["type"], row["version"],
            0, row["revision"], row["previous"], row["time"], row["position"]) + content
        body += bytes(-(4 + len(body)) % 8)
        return struct.pack("<I", self.crc32c(body)) + body

    def rows(self):
        at, index, count = self.parts["index"]
        end = self.parts["blocks"][0]
        for block in range(count):
            offset, size, unpacked, rows, payload_bytes, crc, key_at, address, revision, key_size, _ = struct.unpack_from(
                "<Q6I2Q2I", index, 56 * block)
            self.check(offset == end, self.path, at + 56 * block, f"block {block} at byte {end}")
            end = offset + size
            data = self.data[offset:end]
            self.check(self.crc32c(data) == crc, self.path, offset, f"the checksum of block {block}")
            data = lz4(data, unpacked) if unpacked != size else data
            self.check(len(data) == unpacked, self.path, offset, f"block {block} of {unpacked} bytes")
            found = self.block(data, rows)
            key = index[56 * count + key_at:56 * count + key_at + key_size]
            first = found[0]
            self.check((first["key"], first["address"], first["revision"]) == (key, address, revision), self.path,
                       at + 56 * block, f"the first row of block {block}")
            self.check(sum(len(row["payload"]) for row in found) == payload_bytes, self.path, offset, "all payloads")
            yield from found

    def block(self, data, count):
        columns, at = [], 4 * (10 if self.packing == 0 else 19)
        for size in struct.unpack_from(f"<{at // 4}I", data):
            columns.append(Reader(data[at:at + size]))
            at += size
        clusters, offsets, positions, times, forms_of_rows, forms, metadata_sizes, metadata = columns[:8]
        start, head = self.segment * self.size, self.head

        def width(largest):
            return max(1, (largest.bit_length() + 7) // 8)

        widths = (width((self.size - 1) // 8), width(head["last_position"] - head["first_position"]),
                  width(head["last_time"] - head["first_time"]))
        listed = [(forms.fixed(2), forms.fixed(2)) for _ in range(forms.fixed(1))]
        rows = []
        for _ in range(count):
            form = forms_of_rows.fixed(1)
            kind, version = listed[form] if form != 255 else (forms.fixed(2), forms.fixed(2))
            rows.append({
                "address": start + offsets.fixed(widths[0]) * 8, "position": head["first_position"] + positions.fixed(widths[1]),
                "time": head["first_time"] + times.fixed(widths[2]), "type": kind, "version": version,
                "metadata": metadata.bytes(metadata_sizes.varint())})
        index, key = 0, b""
        while index < count:
            size, shared = clusters.varint(), clusters.varint()
            key = key[:shared] + clusters.bytes(clusters.varint())
            revision, distance = clusters.varint(), clusters.varint()
            previous = rows[index]["address"] - distance * 8 if distance else 0
            for number in range(size):
                row = rows[index + number]
                row |= {"key": key, "revision": revision + number, "previous": previous, "first": number == 0}
                previous = row["address"]
            index += size
        if self.packing == 0:
            for row in rows:
                row["payload"] = columns[9].bytes(columns[8].varint())
        else:
            unpack(rows, columns[8:])
        self.check(all(column.at == len(column.data) for column in columns), self.path, self.parts["blocks"][0],
                   "columns that are used up")
        return rows
