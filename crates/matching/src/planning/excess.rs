//! What is offered or wanted beyond all use: where one side would hold more than a market may, that
//! is left out, so that what a stranger states cannot fail the runs of others. No plan can use it,
//! so plans and bounds stay what they are. It must not know where quantities come from.

/// Whether quantities are more than `most` together.
pub(super) fn is_above(most: u64, quantities: impl Iterator<Item = u64>) -> bool {
    quantities.fold(0, u64::saturating_add) > most
}

/// By place: the sum of what is met there.
pub(super) fn sums(places: usize, met: impl Iterator<Item = (u32, u64)>) -> Vec<u64> {
    let mut sums = vec![0_u64; places];
    for (place, quantity) in met {
        let sum = &mut sums[place as usize];
        *sum = sum.saturating_add(quantity);
    }
    sums
}
