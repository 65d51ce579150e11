//! The order of arcs: part by part, so that a part is solved alone while its nodes stay in the
//! cache. It must not know pivots.

use super::network::Arc;
use crate::allocation::parts::parts;
use std::ops::Range;

/// Arcs of this many nodes with arcs into them are priced together: fewer cost pivots, more cost
/// looks. It suits dense and sparse markets alike.
const NODES_PER_BLOCK: usize = 4;

/// Blocks are never smaller than this many arcs.
const BLOCK_MIN: usize = 16;

/// Arcs that no other arc joins to the rest but by the hub.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Places of its nodes in the order.
    nodes: Range<u32>,
    /// Places of its arcs.
    pub(super) arcs: Range<usize>,
    /// Arcs that are priced together.
    pub(super) block: usize,
    /// Where pricing goes on.
    pub(super) cursor: usize,
    /// Whether it is known that no arc gains.
    pub(super) is_settled: bool,
}

/// Where nodes stand in the order, and the parts.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    places: Vec<u32>,
    /// By place.
    pub(super) parts: Vec<Part>,
}

impl Order {
    /// Orders the nodes by part, and the arcs by the place of their node and then by tail.
    pub(super) fn arrange<P: Copy>(arcs: &mut Vec<Arc<P>>, offers: u32, hub: u32) -> Self {
        let is_pair = |arc: &&Arc<P>| arc.tail != hub && arc.head != hub;
        let part_of = parts(hub, arcs.iter().filter(is_pair).map(|arc| (arc.tail, arc.head)));
        let mut nodes: Vec<u32> = (0..hub).collect();
        nodes.sort_by_key(|&node| part_of[node as usize]);
        let mut places = vec![0; hub as usize];
        (0..).zip(&nodes).for_each(|(place, &node)| places[node as usize] = place);
        let mut order = Self { places, parts: Vec::new() };
        let starts = order.distribute(arcs, hub);
        let is_joined = |one: &u32, other: &u32| part_of[*one as usize] == part_of[*other as usize];
        for nodes in nodes.chunk_by(is_joined) {
            let needs = nodes.iter().filter(|&&node| node >= offers).count();
            order.append(nodes.len(), needs, &starts);
        }
        order
    }

    /// Sorts the arcs by counting, and tells where those of each place start.
    fn distribute<P: Copy>(&self, arcs: &mut Vec<Arc<P>>, hub: u32) -> Vec<usize> {
        let mut starts = vec![0; self.places.len() + 1];
        arcs.iter().for_each(|arc| starts[self.place(arc, hub) + 1] += 1);
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let (mut next, mut sorted) = (starts.clone(), arcs.clone());
        for arc in arcs.iter() {
            let place = self.place(arc, hub);
            sorted[next[place]] = *arc;
            next[place] += 1;
        }
        for bounds in starts.windows(2) {
            let of_node = &mut sorted[bounds[0]..bounds[1]];
            if !of_node.is_sorted_by_key(|arc| arc.tail) {
                of_node.sort_unstable_by_key(|arc| arc.tail);
            }
        }
        *arcs = sorted;
        starts
    }

    /// Appends the part of the next nodes.
    fn append(&mut self, nodes: usize, needs: usize, starts: &[usize]) {
        let first = self.parts.last().map_or(0, |part| part.nodes.end);
        let nodes = first..first + nodes as u32;
        let arcs = starts[nodes.start as usize]..starts[nodes.end as usize];
        let block = (NODES_PER_BLOCK * arcs.len() / needs.max(1)).max(BLOCK_MIN);
        self.parts.push(Part { nodes, cursor: arcs.start, arcs, block, is_settled: false });
    }

    /// The place of the node that an arc is kept with: its head, or its tail if that is the hub.
    fn place<P>(&self, arc: &Arc<P>, hub: u32) -> usize {
        let node = if arc.head == hub { arc.tail } else { arc.head };
        self.places[node as usize] as usize
    }

    /// The key by which an arc is found.
    pub(super) fn key<P>(&self, arc: &Arc<P>, hub: u32) -> (usize, u32) {
        (self.place(arc, hub), arc.tail)
    }

    /// Notes that arcs of the part of a node may gain again.
    pub(super) fn unsettle(&mut self, node: u32) {
        let Some(&place) = self.places.get(node as usize) else { return };
        let at = self.parts.partition_point(|part| part.nodes.end <= place);
        self.parts[at].is_settled = false;
    }
}
