//! Which known names somebody may have meant by an unknown one. Must not know what is named.

/// The most names that are told.
const MAX_NEAR: usize = 3;
/// The longest name that is compared with others, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// From which likeness on one name is a slip of another, by the letters to change (Damerau 1964).
const SLIP: f64 = 0.7;

/// The known names like `name`: the same but for how words are joined, else nearly the same, else
/// those that share all words of the shorter; at most [`MAX_NEAR`], else none helps.
pub(super) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    if name.len() > MAX_NAME_BYTES {
        return Vec::new();
    }
    let (wanted, known) = (words(name), known.collect::<Vec<_>>());
    let letters = wanted.concat();
    let likeness =
        |other: &str| strsim::normalized_damerau_levenshtein(&letters, &words(other).concat());
    let best = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    if let Some(best) = best.filter(|best| likeness(best) >= SLIP) {
        return vec![(*best).to_owned()];
    }
    let shares =
        |other: &&str| contains(&words(other), &wanted) || contains(&wanted, &words(other));
    let sharing: Vec<String> = known.into_iter().filter(shares).map(str::to_owned).collect();
    if sharing.len() <= MAX_NEAR { sharing } else { Vec::new() }
}

/// The words of a name in lower case, whether it is written `min_order`, `min-order` or `minOrder`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || letter.is_uppercase();
        if begins && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        let lower = letter.to_lowercase().filter(|letter| letter.is_alphanumeric());
        words.last_mut().into_iter().for_each(|word| word.extend(lower.clone()));
    }
    words
}

fn contains(all: &[String], some: &[String]) -> bool {
    some.iter().all(|word| all.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_again_however_it_is_written() {
        let known = ["unit_price", "min_order", "price_breaks", "province_code", "lead_time_days"];
        let near = |name: &str| near(name, known.into_iter());
        assert_eq!(near("minOrder"), ["min_order"]);
        assert_eq!(near("MIN-ORDER"), ["min_order"]);
        assert_eq!(near("unit_prize"), ["unit_price"]);
        assert_eq!(near("price"), ["unit_price", "price_breaks"]);
        assert_eq!(near("province"), ["province_code"]);
        assert_eq!(near("seller_lead_time_days"), ["lead_time_days"]);
        assert!(near("colour").is_empty() && near("").is_empty() && near("_").is_empty());
    }
}
