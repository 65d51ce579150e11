//! A plain second reading of what can be sold to the deliveries of a demand. Must not use the code
//! that it checks.

use matching::date::Date;

/// Units sold to one delivery: the best choice of periods, each of which gives the smallest share.
pub(crate) fn sold_to_one(
    row: &[([bool; 6], Date)],
    wanted: i128,
    free: &[i128],
    (ask, supply, increment, smallest): (i128, i128, i128, i128),
) -> i128 {
    let serving: Vec<i128> = row
        .iter()
        .zip(free)
        .filter(|((passes, _), _)| *passes == [true; 6])
        .map(|(_, free)| free / increment * increment)
        .collect();
    let wanted = wanted * ask / supply / increment * increment;
    let choices = 0_u32..1 << serving.len();
    let sales = choices.filter_map(|choice| {
        let chosen = serving.iter().enumerate().filter(|(place, _)| choice >> place & 1 == 1);
        let (count, sum) = chosen.fold((0, 0), |(count, sum), (_, free)| (count + 1, sum + free));
        (count * smallest <= wanted).then_some(sum.min(wanted))
    });
    sales.max().unwrap_or(0)
}

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
