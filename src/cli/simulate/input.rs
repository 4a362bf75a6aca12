//! The input of `simulate`: JSON lines; or one object over several lines, several of them, or an array.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The longest line, and the longest input that is not lines.
const LONGEST: u64 = 64 * 1024 * 1024;

/// How much is read at a time.
const BUFFER: usize = 1024 * 1024;

/// One scenario as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Line {
    /// The number of its first line.
    pub(in crate::cli) number: usize,
    /// Its text, or why there is none.
    pub(in crate::cli) text: Result<String, String>,
}

/// Scenarios, read as they are needed.
pub(in crate::cli) struct Items {
    input: BufReader<Box<dyn Read>>,
    number: usize,
    ahead: VecDeque<Line>,
    begun: bool,
}

impl Items {
    pub(in crate::cli) fn new(input: Box<dyn Read>) -> Items {
        Items {
            input: BufReader::with_capacity(BUFFER, input),
            number: 0,
            ahead: VecDeque::new(),
            begun: false,
        }
    }

    /// At most so many scenarios, of not much more than so many bytes; none at the end. Of a stream that pauses, what
    /// has come.
    pub(in crate::cli) fn batch(&mut self, (most, bytes): (usize, usize)) -> io::Result<Vec<Line>> {
        let mut batch: Vec<Line> = Vec::new();
        let mut size = 0;
        while batch.len() < most && size < bytes {
            let Some(line) = self.next()? else { break };
            size += line.text.as_ref().map_or(0, String::len);
            batch.push(line);
            if self.ahead.is_empty() && self.input.buffer().is_empty() {
                break;
            }
        }
        Ok(batch)
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            if let Some(line) = self.ahead.pop_front() {
                return Ok(Some(line));
            }
            let Some(line) = self.line()? else { return Ok(None) };
            let first = !std::mem::replace(&mut self.begun, true);
            match &line.text {
                Ok(text) if first && is_begun(text) => self.read_values(line)?,
                _ => return Ok(Some(line)),
            }
        }
    }

    /// The next line that is not blank.
    fn line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            let read = self.input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            if bytes.len() as u64 == LONGEST && bytes.last() != Some(&b'\n') {
                self.input.skip_until(b'\n')?;
                let text = Err(format!("the line is longer than {} MiB", LONGEST / 1024 / 1024));
                return Ok(Some(Line { number, text }));
            }
            let text = match String::from_utf8(bytes) {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(mut text) => {
                    text.truncate(text.trim_end_matches(['\n', '\r']).len());
                    Ok(text)
                }
                Err(error) => Err(format!("not UTF-8: {error}")),
            };
            return Ok(Some(Line { number, text }));
        }
    }

    /// Reads the rest as JSON values, of which the first is not over at the end of its first line, or is an array.
    fn read_values(&mut self, first: Line) -> io::Result<()> {
        let mut text = first.text.unwrap_or_default();
        text.push('\n');
        let mut rest = Vec::new();
        self.input.by_ref().take(LONGEST).read_to_end(&mut rest)?;
        let too_long = rest.len() as u64 == LONGEST;
        let number = first.number;
        let refused = |message: String| Line { number, text: Err(message) };
        let Ok(rest) = String::from_utf8(rest) else {
            self.ahead.push_back(refused("not UTF-8".to_owned()));
            return Ok(());
        };
        if too_long {
            let message = format!("longer than {} MiB: write a scenario a line", LONGEST / 1024 / 1024);
            self.ahead.push_back(refused(message));
            return Ok(());
        }
        text.push_str(&rest);
        for value in serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>() {
            let values = match value {
                Ok(value) if value.get().starts_with('[') => {
                    serde_json::from_str::<Vec<&RawValue>>(value.get())
                }
                Ok(value) => Ok(vec![value]),
                Err(error) => Err(error),
            };
            match values {
                Ok(values) => {
                    for value in values {
                        let line = placed(&text, value.get(), number);
                        self.ahead.push_back(line);
                    }
                }
                Err(error) => {
                    self.ahead.push_back(refused(error.to_string()));
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Whether a first line begins a value that goes on behind it, or an array.
fn is_begun(text: &str) -> bool {
    let is_open = |error: serde_json::Error| error.is_eof();
    text.trim_start().starts_with('[') || serde_json::from_str::<IgnoredAny>(text).is_err_and(is_open)
}

/// A value in its text, moved right as far as it stands there, so that positions in it are those of the text.
fn placed(text: &str, value: &str, first_line: usize) -> Line {
    let start = value.as_ptr() as usize - text.as_ptr() as usize;
    let before = text.get(..start).unwrap_or_default();
    let column = before.chars().rev().take_while(|&c| c != '\n').count();
    let number = first_line + before.matches('\n').count();
    Line { number, text: Ok(format!("{}{value}", " ".repeat(column))) }
}
