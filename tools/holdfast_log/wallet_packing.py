"""Payloads of a wallet's events in sealed segments, packing 1 of docs/FORMAT.md: written from that page alone."""
import struct

from .xxh3 import xxh3

AUTHORISED, REFUSED_AUTHORISE_TTL = 3, 30_000
AMOUNT_MAX = 9_007_199_254_740_991
FINGERPRINT, AMOUNT, BALANCES, ABOUT, MOMENT, EXCHANGE = 1, 2, 4, 8, 16, 32


def wrap(number):
    """As a number of 64 bits with a sign."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def effect(kind, undone, amount, moment):
    """What an event adds to balance and held of its asset, as far as its numbers make sense."""
    if not 0 <= amount <= AMOUNT_MAX or not 0 <= moment <= 2 * AMOUNT_MAX:
        return 0, 0
    if kind == 5:  # rolled_back: an open hold, a confirmed one, a debit, a credit
        return {1: (0, -amount), 2: (amount, 0), 3: (amount, 0), 4: (-amount, 0)}.get(undone, (0, 0))
    return {1: (amount, 0), 8: (amount, 0), 2: (-amount, 0), 7: (-amount, 0), 9: (-amount, 0), 3: (0, amount),
            4: (-amount, -moment), 12: (0, -amount)}.get(kind, (0, 0))


class Texts:
    """Texts of one field, each unpacked with the one before."""

    def __init__(self, codes, texts):
        self.codes, self.texts, self.before = codes, texts, b""

    def next(self, size):
        if size == 0:
            return b""
        code = self.codes.fixed(1)
        if code == 255:
            digits = self.texts.bytes(16).hex()
            text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])).encode()
        else:
            shared, rest = self.before[:code & 127], size - (code & 127)
            packed = self.texts.bytes((rest + 1) // 2).hex().encode()[:rest] if code & 128 else self.texts.bytes(rest)
            text = shared + packed
        self.before = text
        return text


def fingerprint(shape, row, amount, moment, rate, asset, texts, other_way):
    operation, kind, sizes = shape[0], shape[3], shape[4:8]
    flags, said, first, second, named = 1, amount, 0, 0, asset
    if operation == 3:
        first = moment - row["time"] if row["type"] == AUTHORISED else REFUSED_AUTHORISE_TTL
    elif operation == 7:
        first, second = rate
    elif operation in (4, 5, 8, 9):
        flags, said, named = 0, 0, b""
        if other_way and operation == 4:
            flags, said = 1, amount
        elif other_way and operation == 5:
            flags = 2
    head = bytes([operation, kind, flags, len(named), *sizes[1:], len(texts[3])])
    return xxh3(head + struct.pack("<3q", said, wrap(first), second) + named + b"".join(texts))


def unpack(rows, columns):
    """Gives each row its payload."""
    (shape_of_row, shapes, amounts, balances, abouts, moments, exchanges, codes, texts, prints, others) = columns

    def read_shape():
        head, other = shapes.bytes(8), shapes.fixed(1)
        return head, other, shapes.bytes(head[4])

    listed = [read_shape() for _ in range(shapes.fixed(1))]
    fields = [Texts(codes, texts) for _ in range(4)]
    exceptions = prints_of(prints, len(rows))
    known, memory = {}, []
    start = last = 0
    for index, row in enumerate(rows):
        if row["first"]:
            start, memory, last = index, [[b"", 0, 0] for _ in range(4)], 0
        number = shape_of_row.fixed(1)
        if number == 254:
            row["payload"] = others.bytes(others.varint())
            next(exceptions)
            continue
        head, other, asset = listed[number] if number != 255 else read_shape()
        parts, payload = head[1], head
        amount = amounts.signed() if parts & AMOUNT else 0
        moment = 0
        if parts & MOMENT:
            moment = wrap((row["time"] if row["type"] == AUTHORISED else amount) + moments.signed())
        numbers = [struct.pack("<q", amount)] if parts & AMOUNT else []
        if parts & BALANCES:
            purse = next((entry for entry in memory if entry[0] == asset), None)
            before = purse[1:] if purse else (0, 0)
            after = [wrap(b + e + balances.signed()) for b, e in zip(before, effect(row["type"], head[2], amount, moment))]
            if purse:
                purse[1:] = after
            else:
                memory[last], last = [asset, *after], (last + 1) % 4
            numbers.append(struct.pack("<2q", *after))
        named = relation = None
        if parts & ABOUT:
            code = abouts.fixed(1)
            back, relation = code >> 2, code & 3
            if back:
                named, about = known[index - back], rows[index - back]["address"]
            elif relation == 3:
                about = abouts.fixed(8)
            else:
                about = row["address"] - 8 * abouts.varint()
            numbers.append(struct.pack("<Q", about % (1 << 64)))
        if parts & MOMENT:
            numbers.append(struct.pack("<q", moment))
        rate = (0, 0)
        if parts & EXCHANGE:
            five = [exchanges.signed() for _ in range(5)]
            rate = tuple(five[3:])
            numbers.append(struct.pack("<5q", *five))
        request = fields[0].next(head[5])
        target = named[relation - 1] if named and relation in (1, 2) else fields[1].next(head[6])
        said = (request, target, fields[2].next(head[7]), fields[3].next(other))
        known[index] = (request, target)
        exception = next(exceptions)
        if parts & FINGERPRINT:
            if isinstance(exception, bytes):
                payload += exception
            else:
                print_ = fingerprint(head, row, amount, moment, rate, asset, said, exception)
                payload += struct.pack("<Q", print_)
        row["payload"] = payload + b"".join(numbers) + asset + b"".join(said)


def prints_of(column, count):
    """For each row False, True where the command is read the other way, or the fingerprint's bytes."""
    distance, kind = None, 0

    def read():
        return (column.varint(), column.fixed(1)) if column.at < len(column.data) else (None, 0)

    distance, kind = read()
    since = 0
    for _ in range(count):
        if since != distance:
            yield False
        else:
            yield column.bytes(8) if kind == 2 else True
            distance, kind = read()
            since = 0
        since += 1
