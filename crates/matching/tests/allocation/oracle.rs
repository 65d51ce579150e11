//! Plain solvers to compare with: every plan of a tiny market, and shortest augmenting paths.

use crate::market::Sketch;

/// Two tiers: units counted, score × units.
pub(crate) type Worth = (i64, i64);

/// Worth of a unit: counted when `counts` is 1.
fn unit(counts: i64, score: u16) -> Worth {
    (counts, i64::from(score))
}

/// The best worth by trying every plan.
pub(crate) fn brute_force(sketch: &Sketch, counts: i64) -> Worth {
    let mut left = (sketch.supply.clone(), sketch.wanted.clone());
    let pairs: Vec<_> =
        sketch.pairs().iter().map(|p| (p.capacity as usize, p.need as usize, p.score)).collect();
    best_from(&pairs, &mut left, counts)
}

fn best_from(pairs: &[(usize, usize, u16)], left: &mut (Vec<u64>, Vec<u64>), counts: i64) -> Worth {
    let Some((&(capacity, need, score), rest)) = pairs.split_first() else {
        return (0, 0);
    };
    let mut best = (0, 0);
    for units in 0..=left.0[capacity].min(left.1[need]) {
        left.0[capacity] -= units;
        left.1[need] -= units;
        let (count, value) = best_from(rest, left, counts);
        left.0[capacity] += units;
        left.1[need] += units;
        let (one, each) = unit(counts, score);
        let units = units as i64;
        best = best.max((count + units * one, value + units * each));
    }
    best
}

struct Edge {
    from: usize,
    to: usize,
    room: u64,
    gain: Worth,
}

/// The best worth by augmenting along the most gaining path (Bellman–Ford) while one gains.
pub(crate) fn augmenting_paths(sketch: &Sketch, counts: i64) -> Worth {
    let (capacities, needs) = (sketch.supply.len(), sketch.wanted.len());
    let (source, sink) = (capacities + needs, capacities + needs + 1);
    let mut edges = Vec::new();
    let mut connect = |from, to, room, gain: Worth| {
        edges.push(Edge { from, to, room, gain });
        edges.push(Edge { from: to, to: from, room: 0, gain: (-gain.0, -gain.1) });
    };
    for (at, &units) in sketch.supply.iter().enumerate() {
        connect(source, at, units, (0, 0));
    }
    for (at, &units) in sketch.wanted.iter().enumerate() {
        connect(capacities + at, sink, units, (0, 0));
    }
    for pair in sketch.pairs() {
        let (from, to) = (pair.capacity as usize, capacities + pair.need as usize);
        connect(from, to, u64::MAX / 4, unit(counts, pair.score));
    }
    let mut total = (0, 0);
    while let Some((path, gain)) = best_path(&edges, source, sink) {
        let units = path.iter().map(|&edge| edges[edge].room).min().unwrap();
        for edge in path {
            edges[edge].room -= units;
            edges[edge ^ 1].room += units;
        }
        let units = units as i64;
        total = (total.0 + units * gain.0, total.1 + units * gain.1);
    }
    total
}

fn best_path(edges: &[Edge], source: usize, sink: usize) -> Option<(Vec<usize>, Worth)> {
    let mut best: Vec<Option<Worth>> = vec![None; sink + 1];
    let mut by = vec![usize::MAX; sink + 1];
    best[source] = Some((0, 0));
    let mut changed = true;
    while changed {
        changed = false;
        for (at, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.room > 0) {
            let Some(start) = best[edge.from] else {
                continue;
            };
            let gain = (start.0 + edge.gain.0, start.1 + edge.gain.1);
            if best[edge.to].is_none_or(|known| gain > known) {
                (best[edge.to], by[edge.to], changed) = (Some(gain), at, true);
            }
        }
    }
    let gain = best[sink].filter(|&gain| gain > (0, 0))?;
    let mut path = Vec::new();
    let mut node = sink;
    while node != source {
        path.push(by[node]);
        node = edges[by[node]].from;
    }
    Some((path, gain))
}
