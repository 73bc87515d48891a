"""What payloads do to the duration: the logarithm of a call is memory size + payload + how the two work together.

The calls of a payload at a memory size are a *cell*. The payloads' effects have a normal prior around 0, the memory
sizes' a flat one; both are found together, by weighted least squares in which cells that fit badly count less.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from power_tuner.engine.payload_priors import (
    CELL_EDGE,
    CELL_PRIOR_CALLS,
    CELL_SPREAD,
    EFFECT_PRIOR_CALLS,
    EFFECT_TURNS,
    PAYLOAD_SPREAD,
)
from power_tuner.engine.priors import MIN_TAIL_EDGE, PRIOR_CALLS, PRIOR_SPREAD, TAIL_WIDTH


@dataclass(frozen=True, slots=True)
class Cell:
    """The calls of one payload at one memory size: their number and the mean of their logarithms without the tail."""

    count: int
    log_mean: float
    squares: float
    freedom: int


# By the index of a memory size and the payload.
Cells = Mapping[tuple[int, int], Cell]


@dataclass(frozen=True, slots=True)
class Effects:
    """What was found, in logarithms.

    Attributes:
        cells: The calls.
        payloads: By how much calls with a payload take longer than the middle of all.
        levels: What a memory size takes with a payload in the middle.
        variance: Of the calls of one cell.
        cell_variance: Of cells around payload and memory size.
        payload_variance: Of the payloads' effects.
    """

    cells: Cells
    payloads: Mapping[int, float]
    levels: Mapping[int, float]
    variance: float
    cell_variance: float
    payload_variance: float

    def residual(self, place: tuple[int, int]) -> float:
        """Return by how much a cell lies above what payload and memory size say."""
        return self.cells[place].log_mean - self.levels[place[0]] - self.payloads[place[1]]

    def expected(self, place: tuple[int, int]) -> float:
        """Return the variance of a cell around what payload and memory size say."""
        return self.cell_variance + self.variance / self.cells[place].count

    def edge(self, place: tuple[int, int]) -> float:
        """Return how far a cell may lie off by chance."""
        return max(MIN_TAIL_EDGE, CELL_EDGE * math.sqrt(self.expected(place)))

    def stands_out(self, place: tuple[int, int]) -> bool:
        """Return whether a cell is slow in a way that chance does not explain."""
        return self.residual(place) > self.edge(place)

    def unsure(self, precision: float) -> float:
        """Return the variance of a payload's effect by calls of a precision."""
        return 1 / (1 / self.payload_variance + precision)

    def precisions(self) -> Mapping[int, float]:
        """Return how precisely all calls tell the effect of each payload."""
        totals = dict.fromkeys(self.payloads, 0.0)
        for place in self.cells:
            totals[place[1]] += 1 / self.expected(place)
        return totals


def cells_of(logs: Mapping[tuple[int, int], Sequence[float]]) -> tuple[Cells, float]:
    """Return the cells, and the variance of the calls of one cell."""
    variance = PRIOR_SPREAD**2
    cells: dict[tuple[int, int], Cell] = {}
    for _ in range(2):
        edge = max(MIN_TAIL_EDGE, TAIL_WIDTH * math.sqrt(variance))
        cells = {place: _cell(sorted(values), edge) for place, values in logs.items()}
        freedom = PRIOR_CALLS + sum(cell.freedom for cell in cells.values())
        variance = (PRIOR_CALLS * PRIOR_SPREAD**2 + sum(cell.squares for cell in cells.values())) / freedom
    return cells, variance


def _cell(ordered: Sequence[float], edge: float) -> Cell:
    centre = ordered[(len(ordered) - 1) // 2]
    body = [value for value in ordered if value <= centre + edge]
    mean = sum(body) / len(body)
    return Cell(len(ordered), mean, sum((value - mean) ** 2 for value in body), len(body) - 1)


def effects_of(cells: Cells, variance: float) -> Effects:
    """Return what payloads and memory sizes do; the spread of the cells, and which of them fit badly, by turns."""
    sizes = sorted({size for size, _ in cells})
    payloads = sorted({payload for _, payload in cells})
    # memory sizes and payloads are told from as many cells; the others show how well they explain all
    freedom = max(0, len(cells) - len(sizes) - len(payloads) + 1)
    noise = freedom * variance * sum(1 / cell.count for cell in cells.values()) / len(cells)
    found = Effects(cells, {}, {}, variance, CELL_SPREAD**2, PAYLOAD_SPREAD**2)
    trust = dict.fromkeys(cells, 1.0)
    for _ in range(EFFECT_TURNS):
        weights = {place: share / found.expected(place) for place, share in trust.items()}
        levels, effects = _solve(cells, weights, sizes, payloads, found.payload_variance)
        spread = sum(effect * effect for effect in effects.values())
        found = replace(
            found,
            payloads=effects,
            levels=levels,
            payload_variance=(EFFECT_PRIOR_CALLS * PAYLOAD_SPREAD**2 + spread) / (EFFECT_PRIOR_CALLS + len(payloads)),
        )
        squares = {place: (found.residual(place) ** 2, found.edge(place) ** 2) for place in cells}
        trust = {place: 1 / (1 + squared / edge) for place, (squared, edge) in squares.items()}
        between = max(0.0, sum(min(squared, edge) for squared, edge in squares.values()) - noise)
        found = replace(
            found, cell_variance=(CELL_PRIOR_CALLS * CELL_SPREAD**2 + between) / (CELL_PRIOR_CALLS + freedom)
        )
    return found


def _solve(
    cells: Cells,
    weights: Mapping[tuple[int, int], float],
    sizes: Sequence[int],
    payloads: Sequence[int],
    payload_variance: float,
) -> tuple[dict[int, float], dict[int, float]]:
    """Return levels and effects: the effects are put in terms of the levels, which are few, and those solved for."""
    row_of = {size: row for row, size in enumerate(sizes)}
    totals = dict.fromkeys(payloads, 1 / payload_variance)
    pulls = dict.fromkeys(payloads, 0.0)
    columns: dict[int, list[tuple[int, float]]] = {payload: [] for payload in payloads}
    matrix = [[0.0] * len(sizes) for _ in sizes]
    right = [0.0] * len(sizes)
    for (size, payload), weight in weights.items():
        row, log_mean = row_of[size], cells[size, payload].log_mean
        totals[payload] += weight
        pulls[payload] += weight * log_mean
        columns[payload].append((row, weight))
        matrix[row][row] += weight
        right[row] += weight * log_mean
    for payload, column in columns.items():
        for row, weight in column:
            share = weight / totals[payload]
            right[row] -= share * pulls[payload]
            for other, other_weight in column:
                matrix[row][other] -= share * other_weight
    solved = _solved(matrix, right)
    levels = dict(zip(sizes, solved, strict=True))
    effects = {
        payload: (pulls[payload] - sum(weight * solved[row] for row, weight in columns[payload])) / totals[payload]
        for payload in payloads
    }
    return levels, effects


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return the solution of a positive definite system (elimination without pivots, Golub and Van Loan 4.2)."""
    count = len(right)
    for pivot in range(count):
        top = matrix[pivot]
        for row in range(pivot + 1, count):
            below = matrix[row]
            factor = below[pivot] / top[pivot]
            if factor:
                for column in range(pivot, count):
                    below[column] -= factor * top[column]
                right[row] -= factor * right[pivot]
    solved = [0.0] * count
    for row in range(count - 1, -1, -1):
        known = sum(matrix[row][column] * solved[column] for column in range(row + 1, count))
        solved[row] = (right[row] - known) / matrix[row][row]
    return solved
