"""The peers: OR-Tools, LEMON and HiGHS on instances in the format of instance.rs.

Every solver answers (seconds of processor time to solve, objective or None, MB held at most).
Building graphs and models is not timed. `limited` runs a call in a process of its own, which ends
after some seconds of processor time.
"""

import multiprocessing
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


def solver_of(cost, upper, rows, is_integer=False):
    """HiGHS with a maximum to find, on one processor."""
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
    if is_integer:
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver


def solved(cost, upper, rows):
    """HiGHS's maximum, and the processor seconds that it took."""
    solver = solver_of(cost, upper, rows)
    start = time.process_time()
    solver.run()
    return time.process_time() - start, solver


def sides(at):
    """Rows for what each capacity has and each need takes."""
    rows = Rows()
    for ends, first, count in ((at.capacity, 0, at.offers), (at.need, at.offers, at.needs)):
        order = numpy.argsort(ends, kind="stable")
        bounds = numpy.searchsorted(ends[order], numpy.arange(count + 1))
        for node in range(count):
            own = order[bounds[node] : bounds[node + 1]]
            rows.add(0, at.quantities[first + node], own, numpy.ones(len(own)))
    return rows


def highs(path):
    import highspy

    at = Instance(path)
    taken, solver = solved(at.score, numpy.full(len(at.score), numpy.inf), sides(at))
    is_optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return taken, round(solver.getInfo().objective_function_value) if is_optimal else None


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


def call(answer, solver, arguments, seconds):
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        told = solver(*arguments)
    except subprocess.CalledProcessError:
        return
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(kind).ru_maxrss for kind in kinds[solver is lemon :])
    answer.send((*told, peak / 1024))


def limited(solver, arguments, seconds):
    """The answer of a solver in a process of its own, or None if it needs more processor time."""
    context = multiprocessing.get_context("spawn")
    answer, told = context.Pipe(duplex=False)
    process = context.Process(target=call, args=(told, solver, arguments, seconds))
    process.start()
    told.close()
    try:
        return answer.recv()
    except EOFError:
        return None
    finally:
        process.join()
