//! Aligned columns without lines around them.

use super::text::shown;

/// Rows of cells from input, each column as wide as its widest cell and two spaces apart.
pub(crate) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| shown(cell)).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [["a", "long", "x"], ["bcd", "", "y"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), ["a    long  x", "bcd        y"]);
    }
}
