//! Text for a terminal: what came from input is escaped, what is styled is styled by us.
//!
//! A policy, a name or a file name may hold anything, also the bytes that tell a terminal to move its cursor or
//! to answer as if somebody had typed. Nothing reaches a stream but as [`Text`], and there is no way into a
//! [`Text`] but through [`shown`].

use anstyle::Style;

/// Text that may be printed as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Text in a style.
    pub(crate) fn styled(style: Style, text: &str) -> Text {
        Text(format!("{style}{}{style:#}", Text::from(text).0))
    }

    /// This text and more behind it.
    #[must_use]
    pub(crate) fn and(mut self, more: impl Into<Text>) -> Text {
        self.0.push_str(&more.into().0);
        self
    }

    /// With the escape sequences of our own styles.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    /// Line breaks are kept; user's text that must not break a line goes through [`shown`] first.
    fn from(text: &str) -> Text {
        Text(text.split('\n').map(shown).collect::<Vec<_>>().join("\n"))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::from(text.as_str())
    }
}

/// Text from input, on one line: everything that a terminal would obey instead of show, or that would show text
/// in another order than it has, is written as JSON escapes it. So escaped JSON is the same JSON.
pub(crate) fn shown(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Control characters, marks and overrides of direction, separators of lines and paragraphs, characters without
/// width, tags.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A document as written, for a terminal: only tabs and line ends are obeyed.
pub(crate) fn shown_document(text: &str) -> Text {
    let line = |line: &str| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\t').map(shown).collect::<Vec<_>>().join("\t")
    };
    Text(text.split('\n').map(line).collect::<Vec<_>>().join("\n"))
}

/// Text that XML may hold: control characters are written as JSON escapes them, and two characters that no XML may
/// hold are left out.
pub(crate) fn legal_in_xml(text: &str) -> String {
    shown(text).replace(['\u{fffe}', '\u{ffff}'], "")
}

/// `1 policy`, `2 policies`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// `` `a`, `b` `` of names from input.
pub(crate) fn quoted_list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let quoted = names.into_iter().map(|name| format!("`{}`", shown(name.as_ref())));
    quoted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(shown("a\u{1b}[2Jb\n\u{9b}c\u{202e}é"), r"a\u001b[2Jb\u000a\u009bc\u202eé");
        assert_eq!(shown("\u{e0041}"), r"\udb40\udc41");
        assert_eq!(Text::from("one\n\u{1b}two").as_str(), "one\n\\u001btwo");
        assert_eq!(shown_document("{\r\n\t\u{7f}}\r").as_str(), "{\n\t\\u007f}");
    }
}
