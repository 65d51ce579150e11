//! An allocation as a spreadsheet (Office Open XML) that a union officer can send to producers: in
//! Vietnamese, one sheet a use. Text is written as text, so that no name becomes a formula.

use actix_web::HttpRequest;
use actix_web::http::header::{Accept, Header, Quality};
use jiff::tz;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::allocation_parts::{Answer, Share, Shortage, Unsold};
use super::allocation_record::AllocationRecord;
use super::allocation_texts::{objective_name, rule_name};
use super::phrases::percent;
use super::problem::{ApiError, ProblemCode};
use super::problem_texts::Language;

/// The media type.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Vietnam's clock is seven hours ahead of UTC all year.
const VIETNAM_HOURS: i8 = 7;
/// Width of a column of texts, in characters.
const TEXT_WIDTH: f64 = 28.0;
/// Width of other columns, in characters.
const NARROW_WIDTH: f64 = 14.0;

/// The file of a finished allocation.
///
/// # Errors
/// [`ProblemCode::Internal`] if a sheet takes no more rows.
pub fn workbook(record: &AllocationRecord) -> Result<Vec<u8>, ApiError> {
    write(record).map_err(|error| ApiError::new(ProblemCode::Internal).because(error.to_string()))
}

fn write(record: &AllocationRecord) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The file says when the allocation was made, so that the same one gives the same file.
    let day = record.created_at.get(..10).unwrap_or("2026-01-01");
    let made = DocProperties::new().set_creation_datetime(&ExcelDateTime::parse_from_str(day)?);
    book.set_properties(&made);
    let Answer { shares, shortages, unsold, .. } = &record.answer;
    let mut shares: Vec<&Share> = shares.iter().flatten().collect();
    shares.sort_by(|a, b| (&a.producer.name, &a.offer_id).cmp(&(&b.producer.name, &b.offer_id)));
    table(&mut book, "Phần phân bổ", &SHARE_HEADS, shares.into_iter().map(share_cells))?;
    table(&mut book, "Còn thiếu", &SHORTAGE_HEADS, shortages.iter().flatten().map(shortage_cells))?;
    table(&mut book, "Chưa phân bổ", &UNSOLD_HEADS, unsold.iter().flatten().map(unsold_cells))?;
    table(&mut book, "Cách đọc", &["Mục", "Nội dung"], notes(record).into_iter())?;
    book.save_to_buffer()
}

/// A cell.
enum Cell {
    Text(String),
    Number(u64),
    Empty,
}

const SHARE_HEADS: [&str; 12] = [
    "Đơn vị cung ứng",
    "Sản phẩm",
    "Bên mua",
    "Số lượng",
    "Đơn vị tính",
    "Đơn giá (đồng)",
    "Thành tiền (đồng)",
    "Sản lượng từ ngày",
    "Sản lượng đến ngày",
    "Giao từ ngày",
    "Giao đến ngày",
    "Lý do của số lượng này",
];

fn share_cells(share: &Share) -> Vec<Cell> {
    let number = |number: Option<u64>| number.map_or(Cell::Empty, Cell::Number);
    let buyer = share.buyer.as_ref().map_or(Cell::Empty, |buyer| text(&buyer.name));
    vec![
        text(&share.producer.name),
        text(&share.product.name),
        buyer,
        Cell::Number(share.quantity),
        text(&share.unit),
        number(share.unit_price),
        number(share.unit_price.and_then(|price| price.checked_mul(share.quantity))),
        text(share.capacity.from.0),
        text(share.capacity.to.0),
        text(share.window.from.0),
        text(share.window.to.0),
        text(&share.reason),
    ]
}

const SHORTAGE_HEADS: [&str; 7] = [
    "Bên mua",
    "Nội dung cần mua",
    "Mã nhu cầu",
    "Đơn vị tính",
    "Cần mua",
    "Còn thiếu",
    "Cách giảm phần thiếu",
];

fn shortage_cells(shortage: &Shortage) -> Vec<Cell> {
    let hints: Vec<&str> = shortage.relaxations.iter().map(|it| it.text.as_str()).collect();
    vec![
        shortage.buyer.as_ref().map_or(Cell::Empty, |buyer| text(&buyer.name)),
        shortage.text.as_ref().map_or(Cell::Empty, text),
        text(&shortage.demand_id),
        text(&shortage.unit),
        Cell::Number(shortage.wanted),
        Cell::Number(shortage.short),
        text(hints.join(" ")),
    ]
}

const UNSOLD_HEADS: [&str; 6] =
    ["Đơn vị cung ứng", "Sản phẩm", "Số lượng còn", "Đơn vị tính", "Từ ngày", "Đến ngày"];

fn unsold_cells(unsold: &Unsold) -> Vec<Cell> {
    vec![
        text(&unsold.producer.name),
        text(&unsold.product.name),
        Cell::Number(unsold.quantity),
        text(&unsold.unit),
        text(unsold.capacity.from.0),
        text(unsold.capacity.to.0),
    ]
}

fn notes(record: &AllocationRecord) -> Vec<Vec<Cell>> {
    let gap = percent(record.gap.unwrap_or_default().into(), Language::Vietnamese);
    let optimal = match record.optimal {
        Some(true) => {
            "Đã chứng minh: không có phương án nào tốt hơn theo mục tiêu và quy tắc này.".to_owned()
        }
        _ => format!(
            "Phương án tốt nhất tìm được; chưa chứng minh được là tốt nhất. Mức chênh có thể có \
             về mục tiêu: {gap} %."
        ),
    };
    let snapshot = record.snapshot.clone().unwrap_or_default();
    let lines = [
        ("Mã phân bổ", record.id.clone()),
        ("Mã băm dữ liệu đầu vào (SHA-256)", snapshot),
        ("Lập lúc", in_vietnam(&record.created_at)),
        ("Mục tiêu", objective_name(record.request.objective.into()).to_owned()),
        ("Quy tắc giữa các đơn vị", rule_name(record.request.rule.into()).to_owned()),
        ("Mức tối ưu", optimal),
        (
            "Phần phân bổ",
            "Mỗi dòng là một phần: số lượng lấy từ sản lượng một kỳ của một đơn vị để giao cho một \
             điểm giao. Đây là dự kiến, chưa phải thỏa thuận và chưa giữ chỗ."
                .to_owned(),
        ),
        ("Ngày tháng", "Viết theo năm-tháng-ngày; tính cả ngày đầu và ngày cuối.".to_owned()),
    ];
    lines.into_iter().map(|(head, body)| vec![text(head), text(body)]).collect()
}

/// A moment as the clocks of its readers show it.
fn in_vietnam(moment: &str) -> String {
    let Ok(at) = moment.parse() else { return moment.to_owned() };
    let clock = tz::offset(VIETNAM_HOURS).to_datetime(at);
    format!("{} (giờ Việt Nam)", clock.strftime("%Y-%m-%d %H:%M"))
}

fn text(value: impl ToString) -> Cell {
    Cell::Text(value.to_string())
}

fn table(
    book: &mut Workbook,
    name: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
) -> Result<(), XlsxError> {
    let (head, plain) = (Format::new().set_bold(), Format::new().set_quote_prefix());
    let number = Format::new().set_num_format("#,##0");
    let sheet: &mut Worksheet = book.add_worksheet();
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, text) in (0..).zip(heads) {
        sheet.write_string_with_format(0, column, *text, &head)?;
        let is_text = column < 2 || usize::from(column) + 1 == heads.len();
        sheet.set_column_width(column, if is_text { TEXT_WIDTH } else { NARROW_WIDTH })?;
    }
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                // The prefix keeps it text also when the cell is edited.
                Cell::Text(text) if is_formula_like(&text) => {
                    sheet.write_string_with_format(row, column, text, &plain)?;
                }
                Cell::Text(text) => {
                    sheet.write_string(row, column, text)?;
                }
                Cell::Number(quantity) => {
                    sheet.write_number_with_format(row, column, quantity as f64, &number)?;
                }
                Cell::Empty => {}
            }
        }
    }
    Ok(())
}

/// Whether a spreadsheet program would read the text as a formula when it is typed
/// (OWASP, CSV injection).
fn is_formula_like(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// Whether the client names the spreadsheet's media type, and would not rather have JSON.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let Ok(Accept(ranges)) = Accept::parse(request) else { return false };
    let quality = |name: &str| {
        let of = ranges.iter().filter(|range| range.item.essence_str() == name);
        of.map(|range| range.quality).max()
    };
    let (spreadsheet, json) = (quality(XLSX), quality("application/json"));
    spreadsheet.is_some_and(|quality| quality > Quality::ZERO) && spreadsheet > json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_vietnamese_time() {
        let told = in_vietnam("2026-11-29T20:23:56.886276Z");
        assert_eq!(told, "2026-11-30 03:23 (giờ Việt Nam)");
    }
}
