//! Words whose role in a product name or a demand is known: kinds, qualifiers, fillers, units.
//!
//! Knows no product of the market. The lists are small on purpose: they decide eligibility.

use super::fold::{fold, normalize};
use std::sync::LazyLock;

/// What a product is when its name starts with it; longest phrases match first.
pub(super) const KINDS: [&str; 68] = [
    "hột điều",
    "đậu phộng",
    "ba khía",
    "cà na",
    "củ cải",
    "đường",
    "mật ong",
    "nước mắm",
    "nước màu",
    "nước cốt",
    "nước tương",
    "nước khoáng",
    "tinh dầu",
    "lạp xưởng",
    "cà phê",
    "hạt điều",
    "xà bông",
    "mặt nạ",
    "du lịch",
    "xô cô la",
    "bột nêm",
    "sữa chua",
    "mật",
    "mắm",
    "kẹo",
    "bánh",
    "rượu",
    "trà",
    "chè",
    "khô",
    "chả",
    "giò",
    "nem",
    "dầu",
    "giấm",
    "mứt",
    "cao",
    "mì",
    "miến",
    "bún",
    "cốm",
    "thảm",
    "yến",
    "siro",
    "viên",
    "kem",
    "tương",
    "muối",
    "thịt",
    "ruốc",
    "cơm",
    "cháo",
    "sữa",
    "đèn",
    "túi",
    "nón",
    "giỏ",
    "chiếu",
    "dép",
    "balo",
    "vòng",
    "tinh chất",
    "chà bông",
    "bia",
    "phở",
    "hủ tiếu",
    "nhang",
    "gạo",
];

/// Wordings of products by which people and places are called too ("Lạc Thủy", "Ngô Gia").
pub(super) const CALLED: [&str; 7] = ["lạc", "ngô", "hạnh", "bát", "quất", "hào", "cốc"];

/// Names of families and brands among them.
pub(super) const NAMED: [[&str; 2]; 2] = [["phúc", "lạc"], ["ngô", "gia"]];

/// What follows such a word in a name is an ingredient, a taste or a process, not the product.
pub(super) const INGREDIENT_MARKERS: [&str; 11] =
    ["vị", "rang", "ngâm", "tẩm", "nhân", "ướp", "sốt", "rim", "trộn", "với", "ngào"];

/// Words that describe a product without saying what it is.
const QUALIFIERS: [&str; 27] = [
    "nguyên chất",
    "cao cấp",
    "đặc sản",
    "thượng hạng",
    "tự nhiên",
    "thiên nhiên",
    "truyền thống",
    "chất lượng cao",
    "chất lượng",
    "an toàn",
    "đặc biệt",
    "hảo hạng",
    "hữu cơ",
    "loại một",
    "chính gốc",
    "chính hiệu",
    "organic",
    "vietgap",
    "globalgap",
    "tươi",
    "sạch",
    "ngon",
    "trái",
    "quả",
    "tốt",
    "mới",
    "xịn",
];

/// Phrases of a demand that say nothing about the product.
const FILLERS: [&str; 27] = [
    "hệ thống siêu thị",
    "chuỗi cửa hàng",
    "số lượng lớn",
    "chuỗi siêu thị",
    "cửa hàng tiện lợi",
    "số lượng",
    "siêu thị",
    "cửa hàng",
    "nhà hàng",
    "khách sạn",
    "xuất khẩu",
    "tìm mua",
    "cần mua",
    "cần tìm",
    "đặt mua",
    "đặt hàng",
    "giao hàng",
    "bếp ăn",
    "trường học",
    "làm quà",
    "nhà cung cấp",
    "sản phẩm",
    "mặt hàng",
    "hàng hóa",
    "giá rẻ",
    "giá sỉ",
    "ở đâu",
];

/// Single words of a demand that do so; without accents each of them can be another word.
const FILLER_WORDS: [&str; 8] = ["cho", "các", "những", "loại", "ocop", "mua", "tìm", "với"];

/// What else says nothing in a search of a list that has these products alone. Phrases, where a
/// word of them can be another one without its accents.
const SEARCH_FILLERS: [&str; 31] = [
    "nông sản",
    "sản phẩm",
    "sp",
    "ocop",
    "chính hãng",
    "đạt chuẩn",
    "đạt ocop",
    "loại 1",
    "loại ngon",
    "loại tốt",
    "giá tốt",
    "uy tín",
    "quà tết",
    "quà biếu",
    "biếu tết",
    "dịp tết",
    "làm quà biếu",
    "giảm cân",
    "cho bé",
    "cho mẹ",
    "cho em bé",
    "cho trẻ em",
    "cho người già",
    "gần đây",
    "gần nhất",
    "giao về",
    "giao tại",
    "giao đến",
    "ship về",
    "ship",
    "giao",
];

/// What else describes without saying what a product is or who makes it, in a search: it decides
/// between what has the rest.
const SEARCH_QUALIFIERS: [&str; 17] = [
    "quà",
    "ngâm",
    "ăn liền",
    "uống liền",
    "công ty",
    "chi nhánh",
    "hợp tác xã",
    "liên hiệp hợp tác xã",
    "hộ kinh doanh",
    "cơ sở sản xuất",
    "cơ sở",
    "doanh nghiệp tư nhân",
    "doanh nghiệp",
    "trách nhiệm hữu hạn",
    "tnhh",
    "một thành viên",
    "cổ phần",
];

/// What a person who searches says to another one, "_" being that one or oneself. Phrases only:
/// their words ("giá", "anh", "chị", "minh") are in names too.
const REQUESTS: [&str; 14] = [
    "cho _ hỏi giá",
    "cho _ hỏi",
    "cho _ xin giá",
    "cho _ xin",
    "cho _ lấy",
    "cho _ đặt",
    "_ đang cần",
    "_ đang tìm",
    "_ cần",
    "_ muốn",
    "_ có bán",
    "bên _ có",
    "bên _",
    "_ ơi",
];
const PERSONS: [&str; 7] = ["em", "mình", "tôi", "anh", "chị", "bạn", "shop"];

/// The same without a person in it.
const ENQUIRIES: [&str; 58] = [
    "cho hỏi giá",
    "cho hỏi",
    "xin hỏi",
    "cho xin giá",
    "cho xin",
    "xin giá",
    "hỏi giá",
    "xin báo giá",
    "cần báo giá",
    "báo giá",
    "giá bao nhiêu",
    "giá thế nào",
    "giá lẻ",
    "bán bao nhiêu",
    "bao nhiêu tiền",
    "bao nhiêu một",
    "bao nhiêu",
    "có ai bán",
    "có bán",
    "ai bán",
    "ai biết",
    "chỗ nào bán",
    "chỗ nào",
    "chỗ bán",
    "nơi bán",
    "bán ở đâu",
    "ở đâu bán",
    "ở đâu vậy",
    "còn hàng",
    "còn không",
    "có không",
    "được không",
    "không ạ",
    "không vậy",
    "không shop",
    "ko ạ",
    "ko vậy",
    "ko shop",
    "vậy ạ",
    "vậy shop",
    "với ạ",
    "nhé shop",
    "liên hệ",
    "số điện thoại",
    "tư vấn",
    "muốn mua",
    "cần nhập",
    "nguồn hàng",
    "nhập hàng",
    "lấy sỉ",
    "mua sỉ",
    "hợp tác phân phối",
    "phân phối",
    "để xuất khẩu",
    "để bán",
    "về bán",
    "làm đại lý",
    "đại lý",
];

/// Units: fillers after a number.
const UNITS: [&str; 32] = [
    "kg", "g", "gr", "gam", "gram", "mg", "ký", "kí", "tạ", "tấn", "ml", "cl", "l", "lít", "lọ",
    "hũ", "chai", "hộp", "lon", "gói", "túi", "thùng", "bịch", "bao", "cái", "chiếc", "con",
    "viên", "phần", "chục", "lạng", "yến",
];

/// What is written to a number as units are, but says what a product is.
const COUNTED: [&str; 3] = ["độ", "trái", "quả"];

/// Packages: fillers before a number too.
const PACKAGES: [&str; 6] = ["chai", "hộp", "gói", "túi", "thùng", "hũ"];

/// Phrases in one spelling, with accents and without.
pub(super) struct Phrases(Vec<[Vec<String>; 2]>);

pub(super) static QUALIFYING: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(QUALIFIERS));
pub(super) static SEARCH_QUALIFYING: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(SEARCH_QUALIFIERS));
pub(super) static FILLING: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(FILLERS));
pub(super) static FILLING_WORDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(FILLER_WORDS));
pub(super) static SEARCHING: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(SEARCH_FILLERS));
pub(super) static ASKING: LazyLock<Phrases> = LazyLock::new(|| {
    let of_person = |person| REQUESTS.map(|request| request.replace('_', person));
    Phrases::new(PERSONS.into_iter().flat_map(of_person).chain(ENQUIRIES.map(str::to_owned)))
});
static UNIT_WORDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(UNITS));
static COUNTED_WORDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(COUNTED));
static PACKAGE_WORDS: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(PACKAGES));

impl Phrases {
    fn new(phrases: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let spell = |phrase: &str| {
            let accented = normalize(phrase);
            [split(&accented), split(&fold(&accented))]
        };
        Self(phrases.into_iter().map(|phrase| spell(phrase.as_ref())).collect())
    }

    /// How many words the longest phrase at the start of the words has; 0 for none.
    ///
    /// A text typed without accents is compared without them.
    pub(super) fn length_at(&self, words: &[String], accented: bool) -> usize {
        let spellings = self.0.iter().map(|phrase| &phrase[usize::from(!accented)]);
        spellings.filter(|phrase| words.starts_with(phrase)).map(Vec::len).max().unwrap_or(0)
    }

    /// Whether a word, typed with accents or without, is one of the phrases.
    fn has(&self, word: &str) -> bool {
        self.0.iter().any(|phrase| phrase[usize::from(word.is_ascii())] == [word])
    }
}

/// Whether a word is a unit, which says nothing after a number.
pub(super) fn is_unit(word: &str) -> bool {
    UNIT_WORDS.has(word)
}

/// Whether a word is a package, which says nothing before a number.
pub(super) fn is_package(word: &str) -> bool {
    PACKAGE_WORDS.has(word)
}

/// The number and the unit of a measure written without a space ("500ml").
pub(super) fn measure(word: &str) -> Option<[String; 2]> {
    let unit = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let number = word.strip_suffix(unit).filter(|number| !number.is_empty())?;
    let is_measured = UNIT_WORDS.has(unit) || COUNTED_WORDS.has(unit);
    is_measured.then(|| [number.to_owned(), unit.to_owned()])
}

fn split(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
