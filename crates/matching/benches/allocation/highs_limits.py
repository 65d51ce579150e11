"""HiGHS on plans within minimum orders, increments, minimum shares and fills, supplier limits.

The model is as tight as we could make it, so that the race is fair: pairs that can never have a
share are left out; what is connected by no pair is solved apart; shares are counted in increments;
a pair has a switch only where its smallest share is more than one increment or its demand has more
producers than it may take. HiGHS alone finds its first plans late. So it solves the model over the
pairs that the linear relaxation uses, then over more of them, and over all from the best plan so far.
"""

import time

import numpy
from peers import ANY, Instance, Rows, solver_of

# Pairs of a stage are those by whose smallest share the relaxation loses at most this part.
STAGES = (0.0, 1e-5, 5e-5, numpy.inf)
# A component of no more pairs is solved at once, without a start: of 2,000 small models that were
# started from a plan, HiGHS 1.16 said of two that more can be had than there is.
SMALL = 50


class Limited:
    """An instance whose pairs can each have a share; quantities in the common unit."""

    def __init__(self, at, tier):
        step = at.increment[at.capacity]
        smallest = numpy.maximum(at.min_order[at.capacity], at.min_share[at.need])
        self.least = numpy.maximum(-(-smallest // step), 1)
        room = numpy.minimum(at.quantities[at.capacity], at.quantities[at.offers + at.need])
        self.most = room // step
        self.at, self.gain = at, at.score + tier
        self.possible = numpy.flatnonzero(self.least <= self.most)
        self.unit = int(numpy.gcd.reduce(at.increment)) if at.offers else 1
        self.lot = step // self.unit
        self.demand = at.demand[at.need]
        self.producer = at.producer[at.capacity]

    def components(self):
        """Pairs that share no capacity and no demand with those of another, small ones first."""
        parent = list(range(self.at.offers + int(self.at.demand.max(initial=-1)) + 1))

        def root(node):
            while parent[node] != node:
                parent[node] = parent[parent[node]]
                node = parent[node]
            return node

        for pair in self.possible:
            parent[root(self.at.capacity[pair])] = root(self.at.offers + self.demand[pair])
        roots = numpy.array([root(self.at.capacity[pair]) for pair in self.possible], dtype=int)
        return sorted((self.possible[roots == one] for one in numpy.unique(roots)), key=len)

    def keeps(self, lots):
        """Whether these increments of all pairs are a plan within the limits."""
        at, units = self.at, lots * self.at.increment[self.at.capacity]
        given = numpy.bincount(at.need, units, at.needs)
        sold = numpy.bincount(at.capacity, units, at.offers)
        used = lots > 0
        suppliers = {(self.demand[pair], self.producer[pair]) for pair in numpy.flatnonzero(used)}
        counts = numpy.bincount([demand for demand, _ in suppliers] or [0], minlength=at.needs)
        if not suppliers:
            counts[0] = 0
        return bool(
            (lots[used] >= self.least[used]).all()
            and (sold <= at.quantities[: at.offers]).all()
            and (given <= at.quantities[at.offers :]).all()
            and ((given == 0) | (given >= at.min)).all()
            and (counts[at.demand] <= at.most).all()
        )


class Model:
    """The rows over some pairs: a column of increments for each, then the switches."""

    def __init__(self, limited, pairs):
        self.limited, self.pairs, self.rows = limited, pairs, Rows()
        self.upper = [float(most) for most in limited.most[pairs]]
        self.switches, self.fills, self.suppliers = {}, {}, {}
        self.by_demand = groups(limited.demand[pairs])
        for demand, own in self.by_demand.items():
            self.add_demand(demand, own)
        for capacity, own in groups(limited.at.capacity[pairs]).items():
            step = limited.at.increment[capacity]
            self.rows.add(0, limited.at.quantities[capacity] // step, own, [1] * len(own))
        for need, own in groups(limited.at.need[pairs]).items():
            self.add_need(need, own)
        self.cost = numpy.zeros(len(self.upper))
        self.cost[: len(pairs)] = limited.gain[pairs] * limited.lot[pairs]

    def switch(self):
        self.upper.append(1.0)
        return len(self.upper) - 1

    def bind(self, column, switch, most):
        """The column is nothing unless the switch is on."""
        self.rows.add(-numpy.inf, 0, [column, switch], [1, -most])

    def add_demand(self, demand, own):
        limited = self.limited
        most = limited.at.most[limited.at.need[self.pairs[own[0]]]]
        of_producer = groups(limited.producer[self.pairs[own]])
        is_crowded = most != ANY and len(of_producer) > most
        for column in own:
            least = limited.least[self.pairs[column]]
            if least > 1 or is_crowded:
                self.switches[column] = self.switch()
                self.bind(column, self.switches[column], self.upper[column])
                self.rows.add(0, numpy.inf, [column, self.switches[column]], [1, -least])
        if not is_crowded:
            return
        on = []
        for producer, positions in of_producer.items():
            columns = [self.switches[own[position]] for position in positions]
            if len(columns) > 1:
                self.suppliers[demand, producer] = self.switch()
                for column in columns:
                    self.bind(column, self.suppliers[demand, producer], 1)
            on.append(self.suppliers.get((demand, producer), columns[0]))
        self.rows.add(0, most, on, [1] * len(on))

    def add_need(self, need, own):
        limited = self.limited
        most = limited.at.quantities[limited.at.offers + need] // limited.unit
        least = -(-limited.at.min[need] // limited.unit)
        lots = limited.lot[self.pairs[own]]
        if least == 0:
            return self.rows.add(0, most, own, lots)
        fill = self.fills[need] = self.switch()
        self.rows.add(0, numpy.inf, [*own, fill], [*lots, -least])
        self.rows.add(-numpy.inf, 0, [*own, fill], [*lots, -most])
        for column in own:
            self.bind(self.switches.get(column, column), fill,
                      1 if column in self.switches else self.upper[column])

    def columns(self, lots):
        """All columns for these increments of all pairs."""
        own = lots[self.pairs]
        columns = numpy.zeros(len(self.upper))
        columns[: len(own)] = own
        for column, switch in self.switches.items():
            columns[switch] = own[column] > 0
        for need, fill in self.fills.items():
            columns[fill] = own[self.limited.at.need[self.pairs] == need].any()
        for key, switch in self.suppliers.items():
            columns[switch] = any(
                own[column] > 0 and self.limited.producer[self.pairs[column]] == key[1]
                for column in self.by_demand[key[0]]
            )
        return columns

    def solve(self, seconds=None, start=None):
        """HiGHS on the relaxation, or for some seconds of processor time on the whole."""
        import highspy

        is_integer = seconds is not None
        solver = solver_of(self.cost, self.upper, self.rows, is_integer)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("mip_abs_gap", 0.5)
        if start is not None:
            solution = highspy.HighsSolution()
            solution.col_value = [float(value) for value in self.columns(start)]
            solver.setSolution(solution)
        if is_integer:
            end = time.process_time() + seconds
            solver.cbMipInterrupt.subscribe(
                lambda event: event.interrupt() if time.process_time() > end else None
            )
        solver.run()
        return solver


def groups(keys):
    """The positions of each key, in order."""
    found = {}
    for position, key in enumerate(keys):
        found.setdefault(int(key), []).append(position)
    return found


def relaxed(model):
    """The relaxed value, and the part of it that the smallest share of a pair costs: none if the
    pair has one."""
    solver = model.solve()
    solution, count = solver.getSolution(), len(model.pairs)
    duals = numpy.asarray(solution.col_dual)
    loss = -duals[:count] * model.limited.least[model.pairs]
    for column, switch in model.switches.items():
        loss[column] -= duals[switch]
    loss[numpy.asarray(solution.col_value)[:count] > 1e-7] = 0
    value = solver.getInfo().objective_function_value
    return value, loss / max(value, 1)


def highs_limits(path, seconds, tier=0):
    """Seconds of processor time, the value, and what HiGHS proved that none exceeds."""
    limited = Limited(Instance(path), tier)
    lots = numpy.zeros(len(limited.lot), dtype=numpy.int64)
    begun, left, bound = time.process_time(), len(limited.possible), 0
    for pairs in limited.components():
        model = Model(limited, pairs)
        share = (seconds - (time.process_time() - begun)) * len(pairs) / left
        left -= len(pairs)
        end, (most, loss) = time.process_time() + share, relaxed(model)
        for part in STAGES if len(pairs) > SMALL else STAGES[-1:]:
            stage = model if part == numpy.inf else Model(limited, pairs[loss <= part])
            remaining = end - time.process_time()
            start = lots if len(pairs) > SMALL else None
            solver = stage.solve(remaining if stage is model else remaining / 2, start)
            value = numpy.asarray(solver.getSolution().col_value)
            if len(value):
                lots[stage.pairs] = numpy.rint(value[: len(stage.pairs)]).astype(numpy.int64)
        bound += round(min(most, solver.getInfo().mip_dual_bound) * limited.unit)
    if not limited.keeps(lots):
        raise SystemExit("HiGHS's plan breaks a limit")
    units = lots * limited.at.increment[limited.at.capacity]
    return time.process_time() - begun, int((units * limited.gain).sum()), bound
