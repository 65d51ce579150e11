"""The peers: OR-Tools, LEMON and HiGHS on instances in the format of instance.rs.

Every solver answers (seconds of processor time to solve, objective or None, MB held at most).
Building graphs and models is not timed. Each call runs in a process of its own, under a limit.
"""

import multiprocessing
import queue
import resource
import subprocess
import time

import numpy

ANY = 2**32 - 1


class Instance:
    """The columns of an instance."""

    def __init__(self, path):
        data = numpy.fromfile(path, dtype="<u4").astype(numpy.int64)
        self.offers, self.needs, pairs = (int(count) for count in data[:3])
        ends = numpy.cumsum([3, self.offers + self.needs, 3 * pairs, 3 * self.offers])
        quantities, columns, offers, demands = numpy.split(data[3:], ends[1:] - 3)
        self.quantities = quantities
        self.capacity, self.need, self.score = columns.reshape(pairs, 3).T
        self.producer, self.min_order, self.increment = offers.reshape(self.offers, 3).T
        self.demand, self.min, self.min_share, self.most = demands.reshape(self.needs, 4).T


def or_tools(path):
    from ortools.graph.python import min_cost_flow

    at = Instance(path)
    hub = at.offers + at.needs
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        numpy.concatenate([at.capacity, numpy.arange(at.offers), numpy.full(at.needs, hub)]),
        numpy.concatenate(
            [at.need + at.offers, numpy.full(at.offers, hub), numpy.arange(at.offers, hub)]
        ),
        numpy.full(len(at.score) + hub, int(at.quantities.sum())),
        numpy.concatenate([-at.score, numpy.zeros(hub, dtype=numpy.int64)]),
    )
    supply = numpy.concatenate([at.quantities[: at.offers], -at.quantities[at.offers :]])
    solver.set_nodes_supplies(numpy.arange(hub + 1), numpy.append(supply, -supply.sum()))
    start = time.process_time()
    status = solver.solve()
    taken = time.process_time() - start
    return taken, -solver.optimal_cost() if status == solver.OPTIMAL else None


def lemon(path, program, kind, tier=0):
    command = [program, path, str(tier), kind]
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    _, seconds, value = output.stdout.split()
    return float(seconds), int(value)


class Rows:
    """Rows of a sparse model, made one by one."""

    def __init__(self):
        self.lower, self.upper, self.starts, self.columns, self.values = [], [], [0], [], []

    def add(self, lower, upper, columns, values):
        self.lower.append(lower)
        self.upper.append(upper)
        self.columns.extend(columns)
        self.values.extend(values)
        self.starts.append(len(self.columns))


def solved(cost, upper, rows, integer=None, **options):
    """A maximum by HiGHS: its process seconds, and the solver."""
    import highspy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(cost), len(rows.lower)
    model.col_cost_ = numpy.asarray(cost, dtype=float)
    model.col_lower_, model.col_upper_ = numpy.zeros(len(cost)), numpy.asarray(upper, dtype=float)
    model.row_lower_ = numpy.asarray(rows.lower, dtype=float)
    model.row_upper_ = numpy.asarray(rows.upper, dtype=float)
    model.sense_ = highspy.ObjSense.kMaximize
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = numpy.asarray(rows.starts)
    model.a_matrix_.index_ = numpy.asarray(rows.columns)
    model.a_matrix_.value_ = numpy.asarray(rows.values, dtype=float)
    if integer is not None:
        kinds = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
        model.integrality_ = [kinds[int(is_integer)] for is_integer in integer]
    solver = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, **options}.items():
        solver.setOptionValue(name, value)
    solver.passModel(model)
    start = time.process_time()
    solver.run()
    return time.process_time() - start, solver


def sides(at, factor=None):
    """Rows for what each capacity has and each need takes, of columns in these units."""
    rows = Rows()
    factor = numpy.ones(len(at.score)) if factor is None else factor
    for ends, first, count in ((at.capacity, 0, at.offers), (at.need, at.offers, at.needs)):
        order = numpy.argsort(ends, kind="stable")
        bounds = numpy.searchsorted(ends[order], numpy.arange(count + 1))
        for node in range(count):
            own = order[bounds[node] : bounds[node + 1]]
            rows.add(0, at.quantities[first + node], own, factor[own])
    return rows


def highs(path):
    import highspy

    at = Instance(path)
    taken, solver = solved(at.score, numpy.full(len(at.score), numpy.inf), sides(at))
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return taken, round(solver.getInfo().objective_function_value) if is_optimal else None


def highs_mip(path, seconds, tier=0):
    """All integer limits. A share is a number of increments, with a switch; a producer has a
    switch for each demand, and so has a need with a minimum. `tier` is added to every score."""
    at = Instance(path)
    most = numpy.minimum(at.quantities[at.capacity], at.quantities[at.offers + at.need])
    step = at.increment[at.capacity]
    least = numpy.maximum(at.min_order[at.capacity], at.min_share[at.need])
    least = numpy.maximum(-(-least // step), 1)
    pairs, most = len(step), most // step
    rows = sides(at, step)
    for pair in range(pairs):
        rows.add(0, numpy.inf, [pair, pairs + pair], [1, -least[pair]])
        rows.add(-numpy.inf, 0, [pair, pairs + pair], [1, -most[pair]])
    columns = add_suppliers(at, rows, pairs)
    for need in numpy.flatnonzero(at.min):
        own = numpy.flatnonzero(at.need == need)
        rows.add(0, numpy.inf, [*own, columns], [*step[own], -at.min[need]])
        rows.add(-numpy.inf, 0, [*own, columns], [*step[own], -at.quantities[at.offers + need]])
        columns += 1
    cost = numpy.zeros(columns)
    cost[:pairs] = (at.score + tier) * step
    upper = numpy.ones(columns)
    upper[:pairs] = most
    upper[pairs : 2 * pairs] = most >= least
    integer = numpy.ones(columns, dtype=bool)
    options = {"time_limit": seconds, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5}
    taken, solver = solved(cost, upper, rows, integer, **options)
    shares = numpy.rint(numpy.asarray(solver.getSolution().col_value)[:pairs])
    return taken, int((shares.astype(numpy.int64) * step * (at.score + tier)).sum())


def add_suppliers(at, rows, pairs):
    """A switch for each producer of a demand with a limit; answers the next free column."""
    switches = {}
    columns = 2 * pairs
    for pair in range(pairs):
        need = at.need[pair]
        if at.most[need] == ANY:
            continue
        key = (at.demand[need], at.producer[at.capacity[pair]])
        if key not in switches:
            switches[key] = columns
            columns += 1
        rows.add(-numpy.inf, 0, [pairs + pair, switches[key]], [1, -1])
    limits = {at.demand[need]: at.most[need] for need in range(at.needs)}
    for demand, most in limits.items():
        own = [column for (of, _), column in switches.items() if of == demand]
        if own:
            rows.add(0, most, own, [1] * len(own))
    return columns


def level_fills(path):
    """Max-min by progressive filling: the level of the fills that can still rise is raised by an
    LP, and those that cannot pass it are fixed there. Answers what each producer sells."""
    at = Instance(path)
    pairs, level = len(at.score), len(at.score)
    owner = at.producer[at.capacity]
    offered = numpy.bincount(at.producer, at.quantities[: at.offers])
    upper = numpy.append(numpy.full(pairs, numpy.inf), 1.0)
    ones = numpy.append(numpy.ones(pairs), 0.0)
    _, solver = solved(ones, upper, sides(at))
    most = solver.getInfo().objective_function_value
    fixed = {producer: 0.0 for producer in numpy.flatnonzero(offered == 0)}

    def maximum(cost, floor):
        rows = sides(at)
        rows.add(most - 1e-7, numpy.inf, range(pairs), [1] * pairs)
        for producer, units in enumerate(offered):
            own = numpy.flatnonzero(owner == producer)
            if producer in fixed:
                rows.add(fixed[producer] - 1e-7, numpy.inf, own, [1] * len(own))
            else:
                rise = [] if floor is not None else [level]
                least = 0 if floor is None else floor * units - 1e-7
                rows.add(least, numpy.inf, [*own, *rise], [1] * len(own) + [-units] * len(rise))
        return solved(cost, upper, rows)[1].getInfo().objective_function_value

    while len(fixed) < len(offered):
        height = maximum(numpy.append(numpy.zeros(pairs), 1.0), None)
        for producer in [p for p in range(len(offered)) if p not in fixed]:
            own = numpy.append((owner == producer).astype(float), 0.0)
            if maximum(own, height) < height * offered[producer] + 1e-5:
                fixed[producer] = height * offered[producer]
    return [fixed[producer] for producer in range(len(offered))]


def call(answers, solver, arguments):
    answer = solver(*arguments)
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(kind).ru_maxrss for kind in kinds[solver is lemon :])
    answers.put((*answer, peak / 1024))


def limited(solver, arguments, seconds):
    """The answer of a solver in a process of its own, or None after the limit."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=call, args=(answers, solver, arguments))
    process.start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return None
    finally:
        process.kill()
        process.join()
