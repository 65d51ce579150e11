"""Writes further problems of the families of the public instances, with optima of two peers.

Assignments like those of the OR-Library (dense, costs 1 to 100), and transportation problems and
general networks of the sizes of NETGEN's problems 1 to 35 (Klingman, Napier, Stutz, "NETGEN: A
program for generating large scale capacitated assignment, transportation, and minimum cost flow
network problems", Management Science 20, 1974). They are not NETGEN's own: GLPK has it disabled,
and pynetgen fails on such problems.
"""

import random

import highspy
import peers
from ortools.graph.python import min_cost_flow

SEED = 13502460
COSTS = (1, 100)
ASSIGNMENTS = (50, 200, 300)
TRANSPORTS = ((100, 1_300), (100, 1_500), (100, 2_000), (100, 2_200), (100, 2_900),
              (150, 3_150), (150, 4_500), (150, 5_155), (150, 6_075), (150, 6_300))
# Nodes, sources, sinks, arcs, the percentage of arcs with a capacity of their own.
NETWORKS = ((400, 8, 60, 1_306, 20), (400, 8, 60, 2_443, 20), (400, 8, 60, 1_416, 40),
            (400, 8, 60, 2_836, 80), (1_000, 50, 50, 2_900, 0), (1_000, 50, 50, 3_400, 0),
            (1_000, 50, 50, 4_400, 0), (1_000, 50, 50, 4_800, 0))


def write(folder):
    """A file for each problem, and a README.md with the table of their optima; how many."""
    made = [*assignments(folder), *transports(folder), *networks(folder)]
    rows = [f"| {path.name} | {optimum(path)} | made |\n" for path in made]
    folder.joinpath("README.md").write_text("".join(rows))
    return len(rows)


def assignments(folder):
    """The size, and the costs row by row."""
    chance = random.Random(SEED)
    for size in ASSIGNMENTS:
        path = folder / f"assign{size}.txt"
        rows = (" ".join(str(chance.randint(*COSTS)) for _ in range(size)) for _ in range(size))
        path.write_text("\n".join((str(size), *rows)) + "\n")
        yield path


def transports(folder):
    """As much supplied as wanted; first the arcs of a plan, so that there is one, then others."""
    chance = random.Random(SEED)
    for sides, arcs in TRANSPORTS:
        plan = [((at % sides + 1, sides + 1 + chance.randrange(sides)), chance.randint(1, 1_000))
                for at in range(2 * sides)]
        ends = (range(1, sides + 1), range(sides + 1, 2 * sides + 1))
        yield store(folder / f"transport_{sides}_{arcs}.min", plan, ends, (arcs, 0), chance)


def networks(folder):
    """Goods that pass nodes which are neither source nor sink."""
    chance = random.Random(SEED)
    for nodes, sources, sinks, arcs, bounded in NETWORKS:
        middle = range(sources + 1, nodes - sinks + 1)
        plan = []
        for sink in range(nodes - sinks + 1, nodes + 1):
            way = (chance.randint(1, sources), *chance.sample(middle, chance.randint(1, 6)), sink)
            units = chance.randint(1_000, 10_000)
            plan += [(arc, units) for arc in zip(way, way[1:])]
        ends = (range(1, nodes - sinks + 1), range(sources + 1, nodes + 1))
        path = folder / f"network_{nodes}_{arcs}_{bounded}.min"
        yield store(path, plan, ends, (arcs, bounded), chance)


def store(path, plan, ends, size, chance):
    """Writes a problem that has a plan; its other arcs go from the first ends to the others."""
    supply, carried = {}, {}
    for (tail, head), units in plan:
        supply[tail] = supply.get(tail, 0) + units
        supply[head] = supply.get(head, 0) - units
        carried[tail, head] = carried.get((tail, head), 0) + units
    arcs, bounded = size
    while len(carried) < arcs:
        arc = (chance.choice(ends[0]), chance.choice(ends[1]))
        if arc[0] != arc[1]:
            carried.setdefault(arc, 0)
    total = sum(units for units in supply.values() if units > 0)
    lines = [f"p min {ends[1][-1]} {arcs}"]
    lines += [f"n {node} {units}" for node, units in sorted(supply.items()) if units]
    for (tail, head), units in carried.items():
        is_bounded = chance.randrange(100) < bounded
        capacity = units + chance.randint(1, 5_000) if is_bounded else total
        lines.append(f"a {tail} {head} 0 {capacity} {chance.randint(*COSTS)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def optimum(path):
    """By cost scaling, and as a linear program."""
    supply, arcs = network(path) if path.suffix == ".min" else assignment(path)
    scaled, relaxed = by_or_tools(supply, arcs), by_highs(supply, arcs)
    assert scaled == relaxed, f"{path.name}: {scaled} and {relaxed}"
    return scaled


def network(path):
    """What each node supplies, and the arcs as (tail, head, capacity, cost)."""
    supply, arcs = {}, []
    for kind, *words in filter(None, map(str.split, path.read_text().splitlines())):
        if kind == "p":
            supply = dict.fromkeys(range(1, int(words[1]) + 1), 0)
        elif kind == "n":
            supply[int(words[0])] = int(words[1])
        elif kind == "a":
            tail, head, _, capacity, cost = map(int, words)
            arcs.append((tail, head, capacity, cost))
    return supply, arcs


def assignment(path):
    """The same of an assignment."""
    size, *costs = map(int, path.read_text().split())
    supply = {node: 1 if node < size else -1 for node in range(2 * size)}
    return supply, [(at // size, size + at % size, 1, cost) for at, cost in enumerate(costs)]


def by_or_tools(supply, arcs):
    """The optimum by cost scaling."""
    flow = min_cost_flow.SimpleMinCostFlow()
    for node, units in supply.items():
        flow.set_node_supply(node, units)
    for arc in arcs:
        flow.add_arc_with_capacity_and_unit_cost(*arc)
    assert flow.solve() == flow.OPTIMAL
    return flow.optimal_cost()


def by_highs(supply, arcs):
    """The optimum of the linear program: the greatest cost saved."""
    rows, of_node = peers.Rows(), {node: ([], []) for node in supply}
    for at, (tail, head, _, _) in enumerate(arcs):
        for node, sign in ((tail, 1), (head, -1)):
            of_node[node][0].append(at)
            of_node[node][1].append(sign)
    for node, (columns, signs) in of_node.items():
        rows.add(supply[node], supply[node], columns, signs)
    capacities, costs = zip(*(arc[2:] for arc in arcs))
    _, solver = peers.solved([-cost for cost in costs], capacities, rows)
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return -round(solver.getObjectiveValue())
