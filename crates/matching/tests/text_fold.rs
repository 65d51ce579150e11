//! Folding: what it makes equal, what it keeps apart, and that doing it twice changes nothing.

use matching::text::fold::{fold, normalize};
use matching::text::syllable::{decode_keys, is_syllable};
use proptest::prelude::*;

#[test]
fn fold_takes_accents_case_and_punctuation_off() {
    let cases = [
        ("Đường hoa dừa – Sokfarm™", "duong hoa dua sokfarm"),
        ("ĐẮK LẮK", "dak lak"),
        ("ð Ð đ Đ", "d d d d"),
        ("SX&KD nước mắm", "sx va kd nuoc mam"),
        ("  Nước   mắm 40°N ", "nuoc mam 40 n"),
        ("kẹo\u{200b}dừa", "keodua"),
        ("ke\u{323}o du\u{31b}\u{300}a", "keo dua"),
        ("", ""),
        ("...", ""),
    ];
    for (text, folded) in cases {
        assert_eq!(fold(text), folded, "{text}");
    }
}

#[test]
fn normalize_unifies_spelling_and_keeps_accents_apart() {
    let same = [
        ("hoà", "hòa"),
        ("thuý", "thúy"),
        ("Mỹ", "mĩ"),
        ("kỹ", "kĩ"),
        ("lý", "lí"),
        ("quý", "quí"),
        ("khoẻ", "khỏe"),
        ("THỦY", "thuỷ"),
        ("du\u{31b}\u{300}a", "dừa"),
        ("Muối & ớt", "muối và ớt"),
        ("đ&a", "đ và a"),
        ("SX&KD", "sx va kd"),
    ];
    for (one, other) in same {
        assert_eq!(normalize(one), normalize(other));
    }
    for (one, other) in [("dừa", "dứa"), ("dừa", "dưa"), ("ý", "í"), ("đa", "da"), ("thúy", "thúi")]
    {
        assert_ne!(normalize(one), normalize(other));
    }
    assert_eq!(normalize("Kẹo Dừa"), "kẹo dừa");
}

#[test]
fn keys_left_raw_are_decoded_only_when_they_make_a_syllable() {
    let decoded = |keys: &str| decode_keys(keys);
    for (keys, word) in [
        ("duwaf", "dừa"),
        ("sasp", "sáp"),
        ("keoj", "kẹo"),
        ("nuwowcs", "nước"),
        ("dduwowngf", "đường"),
        ("mieens", "miến"),
        ("dua72", "dừa"),
        ("sap1", "sáp"),
        ("quy1t", "quýt"),
    ] {
        assert_eq!(decoded(keys), Some(normalize(word)), "{keys}");
    }
    for keys in ["dua", "robusta", "st25", "cafe", "organic", "dừa", ""] {
        assert_eq!(decoded(keys), None, "{keys}");
    }
}

#[test]
fn syllables_are_known_by_their_shape() {
    for word in
        ["dua", "nghieng", "quy", "gi", "ruou", "khuya", "hoa", "y", "thuong", "gin", "quyt"]
    {
        assert!(is_syllable(word), "{word}");
    }
    for word in ["", "duwa", "sokfarm", "taki", "st", "macca", "dua sap", "q"] {
        assert!(!is_syllable(word), "{word}");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zđðĐơưâăêôạảãàáấầẩẫậắằẳẵặớờởỡợứừửữựý\
         ỳỷỹỵÝ&., \u{300}\u{301}\u{309}\u{303}\u{323}]{0,24}",
    ]
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in text()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn normalizing_twice_is_normalizing_once(text in text()) {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once);
    }

    #[test]
    fn folded_vietnamese_is_plain_lower_case_words(text in "[a-zA-ZđĐơừắộẫỵÝ&.,;() -]{0,30}") {
        let folded = fold(&text);
        prop_assert!(folded.chars().all(|letter| letter.is_ascii_lowercase() || letter == ' '));
        prop_assert!(!folded.contains("  ") && folded.trim() == folded);
    }
}
