//! Text from input in Markdown: nothing of it is markup, calls anybody, or reaches a terminal unescaped.

use super::text::shown;

/// A text as code, in a cell of a table.
pub(super) fn code(text: &str) -> String {
    let text = shown(text).replace('|', "\\|");
    let fence = fence(&text);
    match fence.len() {
        3 if !text.contains('`') => format!("`{text}`"),
        _ => format!("{fence} {text} {fence}"),
    }
}

/// A text as text: nothing in it is markup.
pub(super) fn text(text: &str) -> String {
    let mut safe = String::new();
    for c in shown(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// More backticks than stand in a row in a text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max();
    "`".repeat(longest.unwrap_or_default().max(2) + 1)
}
