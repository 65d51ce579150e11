//! What a buyer's text demand accepts and refuses, on real names.

mod text_data;

use matching::text::relevance::{ELIGIBLE, Name, Query, relevance};
use text_data::synonyms;

const PASSES: &[(&str, &str)] = &[
    ("tôm khô", "Khô tôm rim chua ngọt"),
    ("ca cao", "Bột ca cao 3 trong 1"),
    ("cá tra", "Cá tra fillet sấy khô"),
    ("mật hoa dừa", "Mật hoa dừa"),
    ("mật hoa dừa", "Nước uống mật hoa dừa"),
    ("mật hoa dừa", "Nước mật hoa dừa đóng chai"),
    ("mật hoa dừa", "Mật hoa dừa tươi Sokfarm"),
    ("mật hoa dừa", "Mật hoa dừa tươi Organic Sokfarm"),
    ("mật hoa dừa", "Mật hoa dừa lên men"),
    ("mat hoa dua", "Mật hoa dừa"),
    ("mật hoa dứa", "Mật hoa dừa"),
    ("mật hoa dừa hữu cơ cho siêu thị", "Mật hoa dừa"),
    ("nước mật hoa dừa, chai 250 ml", "Mật hoa dừa"),
    ("nước mật hoa dừa, chai 250 ml", "Nước uống mật hoa dừa"),
    ("đường hoa dừa hữu cơ", "Đường hoa dừa"),
    ("đường dừa", "Đường hoa dừa"),
    ("keo dua sap", "Kẹo dừa sáp nguyên chất"),
    ("kẹo dừa xáp", "Kẹo dừa sáp lá dứa"),
    ("kẹo dừa sáp", "Kẹo dừa sáp ca cao VICOSAP"),
    ("kẹo dừa", "Kẹo dừa sầu riêng"),
    ("keoj duaf", "Kẹo dừa béo nguyên chất"),
    ("duwaf sasp", "Dừa sáp Hòa Tân"),
    ("duasap", "Dừa sáp Hòa Tân"),
    ("dừa sáp", "Dừa sáp sợi (VICOSAP)"),
    ("mật ong", "Mật ong hoa rừng Yên Nhân"),
    ("mật ong", "Mật ong Phong Thổ"),
    ("mật ong", "Vicumax Mật ong Nano Curcumin"),
    ("mat ong", "Mật ong dú Kỳ Tân"),
    ("mật ong rừng", "Mật ong hoa rừng Yên Nhân"),
    ("cà phê", "Cà phê Khe Sanh"),
    ("cà phê", "Hill coffee"),
    ("cafe", "Cà phê bột Robusta"),
    ("ca phe", "Cà phê túi lọc Già Làng"),
    ("gạo", "Gạo sạch thượng hạng"),
    ("gạo", "Gạo Điền Tín ST25 lúa tôm"),
    ("gạo hữu cơ", "Gạo hữu cơ Long Hòa - Hòa Minh"),
    ("gạo ngon loại 1", "Gạo tím Huyền Hội"),
    ("nước mắm", "Nước mắm rươi Phong Vinh"),
    ("nước mắm phú quốc", "Nước mắm Phú Quốc Khải Hoàn 43 độ đạm"),
    ("nuoc mam 40 do dam", "Nước mắm 40 độ đạm"),
    ("thịt lợn", "Thịt lợn bản Mường Khương"),
    ("thịt heo", "Thịt lợn bản Mường Khương"),
    ("kẹo lạc", "Kẹo đậu phộng"),
    ("kẹo đậu phộng", "Kẹo lạc Đức Giang"),
    ("bưởi da xanh", "Bưởi da xanh Ninh Thới"),
    ("trái bưởi", "Quả bưởi Múc"),
    ("bánh tét", "Bánh tét ba nhân Anh Thư"),
    ("bánh", "Bánh tráng IMEX TRAVINH"),
    ("trà sen", "Trà túi lọc Oolong lá sen"),
    ("khô cá lóc", "Khô cá lóc một nắng"),
    ("hạt điều rang muối", "Hạt điều rang muối vỏ lụa"),
    ("hạt điều", "Hạt điều rang củi Hải Bình"),
    ("đông trùng hạ thảo", "Đông trùng hạ thảo sấy thăng hoa"),
    ("cacao", "Bột ca cao nguyên chất"),
    ("trà mãng cầu", "Trà mãng cầu Kim Nhiên"),
    ("miến dong", "Miến dong Tài Hoan"),
    ("gà Lạc Thủy", "Gà Lạc Thủy"),
    ("ga lac thuy", "Gà Lạc Thủy"),
    ("phúc lạc yến", "Phúc Lạc Yến"),
    ("đậu phộng", "Lạc rang muối"),
    ("kẹo đậu phộng", "Kẹo Lạc Hà Tĩnh"),
    ("bơ đậu phộng", "Bơ Lạc Mịn"),
    ("đậu phộng rang tỏi", "Hạt Lạc Rang Tỏi"),
    ("bột bắp nếp", "Bột Ngô Nếp hữu cơ"),
    ("nước tắc mật ong", "Nước Quất Mật Ong"),
    ("bơ đậu phộng", "BƠ LẠC MỊN"),
    ("thịt heo", "Thịt Lợn Bản Mường Khương"),
    ("thịt heo", "THỊT LỢN BẢN MƯỜNG KHƯƠNG"),
    ("chân heo", "Chân Giò Lợn Muối"),
    ("hạnh nhân", "Hạnh nhân rang"),
    ("almond", "Hạnh nhân rang"),
    ("tắc", "Trái hạnh tươi"),
];

const FAILS: &[(&str, &str)] = &[
    ("ca cao", "Cao cà gai leo"),
    ("cá tra", "Trà hòa tan Diếp cá Hygie"),
    ("dừa", "Đường hoa dừa"),
    ("mật ong", "Hạt điều gấc mật ong"),
    ("muối", "Ba khía muối Dũng Thấm"),
    ("mật hoa dừa", "Mật ong hoa nhãn"),
    ("mật hoa dừa", "Mật ong hoa dừa"),
    ("mật hoa dừa", "Kẹo dừa"),
    ("mật hoa dừa", "Đường thốt nốt bột"),
    ("mật hoa dừa", "Nước mắm rươi Phong Vinh"),
    ("mật hoa dừa", "Mật dừa nước Cần Giờ"),
    ("mật hoa dừa", "Đường hoa dừa"),
    ("mật hoa dừa", "Chả hoa"),
    ("mat hoa dua", "Mật ong hoa dừa"),
    ("mật hoa dừa hữu cơ cho siêu thị", "Gạo hữu cơ Long Hòa - Hòa Minh"),
    ("kẹo dừa sáp", "Dừa sáp sợi"),
    ("kẹo dừa sáp", "Kẹo chuối gân"),
    ("kẹo dừa", "Kẹo lạc Hà Ly"),
    ("kẹo dừa", "Dầu dừa nguyên chất"),
    ("dừa", "Dứa đóng hộp"),
    ("dứa", "Dừa sáp Hòa Tân"),
    ("nước dừa", "Nước màu dừa"),
    ("nước mắm", "Nước màu dừa"),
    ("nước mắm", "Nước xoài"),
    ("nước mắm", "Mắm tôm"),
    ("mật ong", "Mật hoa dừa"),
    ("mật ong", "Trà hòa tan Gừng Mật ong Hygie"),
    ("mật ong", "Đông trùng hạ thảo ngâm mật ong"),
    ("cà phê", "Cà chua sấy dẻo"),
    ("gạo", "Kẹo gạo lức Đức Giang"),
    ("gạo", "Rượu gạo sương mù đông trùng hạ thảo"),
    ("gạo", "Cao dây thìa canh"),
    ("muối", "Hạt điều rang muối"),
    ("cá tra", "Cá trê"),
    ("cá tra", "Khô cá tra tẩm ướp Út Anh"),
    ("bánh tét chuối", "Bánh tráng Mạnh Tài"),
    ("bánh pía", "Bánh tét"),
    ("trà sen", "Trà sâm đinh lăng"),
    ("trà hoa vàng", "Trà sả"),
    ("chanh", "Thanh nhãn Tín Huy"),
    ("sầu riêng", "Kem trái cây vị sầu riêng"),
    ("sầu riêng", "Kẹo dừa sầu riêng"),
    ("thịt heo", "Thịt gà tươi Gà ta Gò Công"),
    ("cá", "Ca cao cà phê"),
    ("túi cỏ bàng", "Túi u nilon"),
    ("đậu phộng", "Phúc Lạc Yến"),
    ("đậu phộng", "Gà Lạc Thủy"),
    ("đậu phộng", "GÀ LẠC THỦY"),
    ("đậu phộng", "Gà Đồi Yên Lạc"),
    ("đậu phộng", "Dâu tây Lạc Dương"),
    ("dau phong", "Dâu tây Lạc Dương"),
    ("bắp", "Trứng gà Ngô Gia"),
    ("tắc", "Hạnh nhân rang"),
    ("tac", "Hạnh nhân rang"),
    ("hương trầm", "Gạo Nàng Hương Kim Thiên Lộc"),
];

#[test]
fn a_measure_counts_the_same_with_a_space_and_without() {
    let synonyms = synonyms();
    let value = |query, name| relevance(&Query::new(query, &synonyms), &Name::new(name, &synonyms));
    let cases = [
        ("nước mắm 500ml", "nước mắm 500 ml", "Nước mắm"),
        ("Cần mua 500kg mật ong", "Cần mua 500 kg mật ong", "Mật ong"),
        ("gạo 5kg", "gạo 5 kg", "Gạo ST25"),
        ("gạo ST25 1.5kg", "gạo ST25 1.5 kg", "Gạo ST25"),
        ("mật hoa dừa chai 250ml", "mật hoa dừa chai 250 ml", "Mật hoa dừa"),
        ("mật ong 1lit", "mật ong 1 lít", "Mật ong 1lít"),
        ("nuoc mam 40do", "nuoc mam 40 do", "Nước mắm 40độ đạm"),
        ("trà gừng 20gói", "trà gừng 20 gói", "Trà gừng 20gói"),
    ];
    for (together, apart, name) in cases {
        let relevance = value(together, name);
        assert!(
            relevance >= ELIGIBLE && relevance == value(apart, name),
            "{together}: {relevance}"
        );
    }
    for name in ["ST25", "OM18", "7up", "3K"] {
        assert_eq!(value(name, name), 10_000, "{name}");
        assert_eq!(value(name, "25 18 7 3 kg"), 0, "{name} is one word");
    }
}

#[test]
fn an_ampersand_is_a_word() {
    let synonyms = synonyms();
    let value = |query, name| relevance(&Query::new(query, &synonyms), &Name::new(name, &synonyms));
    let names = ["Muối & ớt", "Muối&ớt", "Muối và ớt"];
    for name in names {
        for query in names.into_iter().chain(["muoosi & owst", "muoosi&owst"]) {
            assert_eq!(value(query, name), 10_000, "{query}: {name}");
        }
        assert_eq!(value("muoi & ot", name), value("muoi va ot", name), "{name}");
    }
}

#[test]
fn demands_accept_and_refuse_the_right_names() {
    let synonyms = synonyms();
    let value = |query, name| relevance(&Query::new(query, &synonyms), &Name::new(name, &synonyms));
    let wrong = |table: &[(&'static str, &'static str)], passes: bool| {
        let wrong = table.iter().filter(|row| (value(row.0, row.1) >= ELIGIBLE) != passes);
        wrong.map(|row| (row.0, row.1, value(row.0, row.1))).collect::<Vec<_>>()
    };
    assert_eq!((wrong(PASSES, true), wrong(FAILS, false)), (vec![], vec![]));
}
