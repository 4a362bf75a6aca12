//! Completion in bash, which takes words apart at the characters of `COMP_WORDBREAKS`, colons among them, and
//! replaces what is behind the last: here the line is taken apart as the shell will when it runs it.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use clap_complete::engine::complete;

/// What the shell calls itself.
pub(super) const NAME: &str = "bash";

/// The line up to the cursor, and the part of its last word that will be replaced. Of bash 3.2 and newer.
pub(super) const SCRIPT: &str = r#"_iamdb() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(IAMDB_COMPLETE=bash iamdb -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${COMPREPLY[0]-} == *[:/=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o default -F _iamdb iamdb
"#;

/// Stands where the cursor is while a line is taken apart, so that the last word is the one under it.
const CURSOR: char = '\u{1}';

/// The words of the line in the first argument. Of a line that cannot be taken apart there are none.
pub(super) fn words(mut arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let line = arguments.next().unwrap_or_default().to_string_lossy().into_owned();
    // The quotes that are still open are closed.
    let split = ["", "\"", "'"].iter().find_map(|quote| shlex::split(&format!("{line}{CURSOR}{quote}")));
    split.unwrap_or_default().into_iter().map(|word| word.trim_end_matches(CURSOR).into()).collect()
}

/// Writes the candidates, one a line, each as the text that is put in place of what bash replaces.
pub(super) fn write(
    command: &mut clap::Command,
    words: Vec<OsString>,
    folder: Option<&Path>,
    answer: &mut Vec<u8>,
) -> io::Result<()> {
    let replaced = std::env::args_os().next_back().unwrap_or_default().to_string_lossy().into_owned();
    let Some((last, word)) = words.iter().enumerate().next_back() else { return Ok(()) };
    let word = word.to_string_lossy().into_owned();
    let quote = replaced.starts_with(['"', '\'']);
    let stays = word.strip_suffix(&replaced).unwrap_or_default().to_owned();
    let found = complete(command, words, last, folder)?;
    let found: Vec<String> = found.iter().map(|one| one.get_value().to_string_lossy().into_owned()).collect();
    // Options are listed once somebody begins one, or where there is nothing else.
    let wants_options = !word.is_empty() || found.iter().all(|one| one.starts_with('-'));
    for candidate in found.iter().filter(|one| wants_options || !one.starts_with('-')) {
        if let (Some(rest), false) = (candidate.strip_prefix(&stays), candidate.contains(char::is_control)) {
            let text = if quote { rest.to_owned() } else { escaped(rest) };
            answer.extend_from_slice(text.as_bytes());
            answer.push(b'\n');
        }
    }
    Ok(())
}

/// With a backslash before whatever is not a plain character.
fn escaped(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_+=,.@-/:".contains(c);
    text.chars().flat_map(|c| (!is_plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_line_ends_with_the_word_under_the_cursor() {
        let words = |line: &str| words([OsString::from(line)].into_iter());
        assert_eq!(words("iamdb can "), ["iamdb", "can", ""]);
        assert_eq!(words("iamdb can alice s3:Ge"), ["iamdb", "can", "alice", "s3:Ge"]);
        assert_eq!(words("iamdb --db 'my files/i"), ["iamdb", "--db", "my files/i"]);
        assert_eq!(words(r#"iamdb show "a"#), ["iamdb", "show", "a"]);
        assert_eq!(words(r"iamdb attach a my\ p"), ["iamdb", "attach", "a", "my p"]);
        assert_eq!(escaped("my $(p).json"), r"my\ \$\(p\).json");
    }
}
