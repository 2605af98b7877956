# SPDX-FileCopyrightText: SMOS-IB Explorer contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The checksum of HDF5's metadata, of many structures at once: Bob Jenkins's lookup3 (burtleburtle.net/bob/c/lookup3.c, public domain).

Byte by byte, Python would take 4 ms for a daily file. So the structures are worked on side by side, in lanes of 64 bits of one large
integer: a number of 32 bits stands in each, and the bits above it take what is carried over or turned out of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WORD, _LANE = 0xFFFFFFFF, 64
_MIX = ((0, 2, 1, 4), (1, 0, 2, 6), (2, 1, 0, 8), (0, 2, 1, 16), (1, 0, 2, 19), (2, 1, 0, 4))
_FINAL = ((2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24))


_MOST_BYTES = 1 << 23


def checksums(parts: Sequence[bytes]) -> list[int]:
    """Return the checksum of each part; none may be empty. Takes some 16 MB at most, or what twice the longest part takes."""
    order = sorted(range(len(parts)), key=lambda number: -len(parts[number]))
    found = [0] * len(parts)
    while order:
        lanes = max(1, _MOST_BYTES // len(parts[order[0]]))  # each takes as much as the longest of them
        for number, one in zip(order, _side_by_side([parts[number] for number in order[:lanes]])):
            found[number] = one
        del order[:lanes]
    return found


def _side_by_side(parts: Sequence[bytes]) -> list[int]:
    """Return the checksums of parts, of which the longest comes first."""
    lengths = [len(part) for part in parts]
    found = [0] * len(parts)
    rounds = [(length - 1) // 12 for length in lengths]  # before the last up to twelve bytes
    words = np.zeros((max(rounds, default=-1) + 1, 3, len(parts)), "<u8")
    for lane, part in enumerate(parts):
        padded = part.ljust(12 * rounds[lane] + 12, b"\0")
        words[: rounds[lane] + 1, :, lane] = np.frombuffer(padded, "<u4").reshape(-1, 3)
    lanes, mask = len(parts), _in_lanes([_WORD] * len(parts))
    state = [_in_lanes([(0xDEADBEEF + length) & _WORD for length in lengths])] * 3
    for number in range(len(words)):
        state = [(one + int.from_bytes(more.tobytes(), "little")) & mask for one, more in zip(state, words[number])]
        before = lanes
        while lanes and rounds[lanes - 1] == number:  # the shortest parts are in the highest lanes
            lanes -= 1
            found[lanes] = _final([one >> _LANE * lanes & _WORD for one in state])
        if lanes < before:
            mask &= (1 << _LANE * lanes) - 1
            state = [one & mask for one in state]
        _mix(state, mask)
    return found


def _mix(state: list[int], mask: int) -> None:
    """Mix the three numbers of each lane: lookup3's `mix`."""
    above = (mask << 1) & ~mask  # the bit above each number, from which a subtraction may borrow
    for one, other, third, by in _MIX:
        turned = ((state[other] << by) | (state[other] >> (32 - by))) & mask
        state[one] = (((state[one] | above) - state[other]) & mask) ^ turned
        state[other] = (state[other] + state[third]) & mask


def _final(state: list[int]) -> int:
    """Return the checksum from the last three numbers of one lane: lookup3's `final`."""
    for one, other, by in _FINAL:
        turned = ((state[other] << by) | (state[other] >> (32 - by))) & _WORD
        state[one] = ((state[one] ^ state[other]) - turned) & _WORD
    return state[2]


def _in_lanes(numbers: Sequence[int]) -> int:
    return int.from_bytes(np.array(numbers, "<u8").tobytes(), "little")
