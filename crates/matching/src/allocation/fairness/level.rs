//! One level for many claims: how much each gets when all are filled to the same height.
//!
//! It must not know flows.

/// A level in units of 2⁻⁶⁴ of a weight.
const WHOLE_BITS: u32 = 64;

/// What one producer may get at most, and how fast it fills.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    /// Base units filled at level one.
    pub(super) weight: u64,
    /// Base units that it has whatever the level.
    pub(super) fixed: u64,
    /// Base units that it can get above the fixed ones.
    pub(super) free: u64,
}

impl Claim {
    fn at(&self, level: u128) -> u64 {
        let round_up = (1 << WHOLE_BITS) - 1;
        let filled = ((u128::from(self.weight) * level + round_up) >> WHOLE_BITS) as u64;
        filled.saturating_sub(self.fixed).min(self.free)
    }
}

/// Divides `total` so that the fills are as level as the claims allow; of claims that tie for
/// the last units, those with the lower fill come first, then those that a unit fills more, then
/// the earlier.
pub(super) fn divide(claims: &[Claim], total: u64) -> Vec<u64> {
    let sum = |level: u128| claims.iter().map(|claim| claim.at(level)).sum::<u64>();
    let (mut low, mut high) = (0_u128, (1_u128 << WHOLE_BITS) + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if sum(middle) <= total { low = middle } else { high = middle }
    }
    let mut parts: Vec<_> = claims.iter().map(|claim| claim.at(low)).collect();
    let mut left = total - parts.iter().sum::<u64>();
    let mut raised: Vec<_> =
        (0..claims.len()).filter(|&at| claims[at].at(high) > parts[at]).collect();
    raised.sort_by(|&one, &other| {
        let filled = |at: usize| u128::from(claims[at].fixed + parts[at]);
        let weight = |at: usize| u128::from(claims[at].weight);
        let fills = (filled(one) * weight(other)).cmp(&(filled(other) * weight(one)));
        fills.then(weight(one).cmp(&weight(other)))
    });
    for at in raised {
        let more = left.min(claims[at].at(high) - parts[at]);
        parts[at] += more;
        left -= more;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_rise_together_until_a_claim_is_full() {
        let claim = |weight, fixed, free| Claim { weight, fixed, free };
        assert_eq!(divide(&[claim(10, 0, 10), claim(30, 0, 30)], 20), [5, 15]);
        assert_eq!(divide(&[claim(10, 0, 2), claim(30, 0, 30)], 20), [2, 18]);
        assert_eq!(divide(&[claim(10, 8, 2), claim(30, 0, 30)], 20), [0, 20]);
        assert_eq!(divide(&[claim(10, 0, 10), claim(10, 0, 10)], 5), [3, 2]);
    }
}
