//! A plain second reading of what can be sold to the deliveries of a demand. Must not use the code
//! that it checks.

use matching::date::Date;

/// Units sold: while deliveries wait, the one whose last period comes first (the earlier of equals)
/// buys from its first period with anything left.
pub(crate) fn sold(
    rows: &[Vec<([bool; 6], Date)>],
    wanted: &[i128],
    mut free: Vec<i128>,
    (ask, supply, increment): (i128, i128, i128),
) -> i128 {
    for period in &mut free {
        *period -= *period % increment;
    }
    let serves = |row: &[([bool; 6], Date)], place: usize| row[place].0 == [true; 6];
    let last = |at: usize| (0..free.len()).rfind(|place| serves(&rows[at], *place));
    let mut waiting: Vec<usize> = (0..rows.len()).collect();
    waiting.sort_by_key(|at| last(*at));
    let mut sold = 0;
    for at in waiting {
        let mut units = wanted[at] * ask / supply;
        units -= units % increment;
        for place in (0..free.len()).filter(|place| serves(&rows[at], *place)) {
            let bought = units.min(free[place]);
            (free[place], units, sold) = (free[place] - bought, units - bought, sold + bought);
        }
    }
    sold
}
