//! Tables for spreadsheets: CSV (RFC 4180).

use super::error::{CliError, ErrorKind};
use super::text::Text;

/// The table, with the names of its columns first.
pub(crate) fn csv<const N: usize>(
    columns: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<Vec<u8>, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| CliError::new(ErrorKind::Io, error.to_string());
    writer.write_record(columns).map_err(failed)?;
    for row in rows {
        let cells = row.map(|cell| not_a_formula(Text::from(cell).as_str()));
        writer.write_record(cells).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| CliError::new(ErrorKind::Io, error.error().to_string()))
}

/// A spreadsheet takes what begins with one of these for a formula; a name from a file is none.
fn not_a_formula(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}
